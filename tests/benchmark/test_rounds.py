import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from segcli.benchmark.rounds import time_in_turn, timed
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.predictor import Images


class _Waits(CheckpointPredictor):
    """Takes a known time, and writes down when it was asked for what."""

    def __init__(self, name: str, seconds: float, asked: list[tuple[str, int]], device: str = "cpu") -> None:
        self.name, self.seconds, self.asked, self.device = name, seconds, asked, device

    def labels(self, images: Images) -> Images:
        self.asked.append((self.name, int(images.flat[0])))
        time.sleep(self.seconds)
        return images[..., 0]


class _StaysAwake(_Waits):
    """Returns at once, and leaves a thread busy for a while, as ONNX Runtime does."""

    def labels(self, images: Images) -> Images:
        threading.Thread(target=_be_busy, args=(0.06,), daemon=True).start()
        return super().labels(images)


def _be_busy(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


BATCHES = [np.full((1, 2, 2, 1), value, np.uint8) for value in range(3)]


def test_variants_take_turns_on_the_same_batch() -> None:
    asked: list[tuple[str, int]] = []
    rounds: list[int] = []
    predictors = [_Waits("a", 0, asked), _Waits("b", 0.004, asked)]
    found = time_in_turn(predictors, BATCHES, 12, warm_ups=2, advance=lambda: rounds.append(len(asked)))
    assert found.wall_s.shape == found.cpu_s.shape == (12, 2)
    assert rounds == [4 + 2 * number for number in range(1, 13)]
    pairs = [asked[at : at + 2] for at in range(0, len(asked), 2)]
    assert all({name for name, _ in pair} == {"a", "b"} for pair in pairs)
    assert [pair[0][1] for pair in pairs] == [pair[1][1] for pair in pairs] == [0, 1, *(n % 3 for n in range(12))]
    assert {pair[0][0] for pair in pairs[2:]} == {"a", "b"}, "the order is always the same"
    assert (found.wall_s[:, 1] >= 0.004).all()
    assert np.median(found.wall_s[:, 0]) < 0.004
    assert np.median(found.cpu_s[:, 1]) < 0.003, "who waits needs no processor"


def test_what_a_variant_leaves_behind_does_not_count_for_the_next() -> None:
    found = time_in_turn([_StaysAwake("a", 0, []), _Waits("b", 0.02, [])], BATCHES, 8, warm_ups=0)
    assert np.median(found.cpu_s[:, 1]) < 0.005


def test_threads_that_never_rest_are_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcli.benchmark.rounds._LONGEST_S", 0.02)
    busy = threading.Thread(target=_be_busy, args=(1.0,), daemon=True)
    busy.start()
    time_in_turn([_Waits("a", 0, [])], BATCHES, 1, warm_ups=0)
    assert busy.is_alive()
    busy.join()


@pytest.mark.parametrize(("device", "waits"), [("cpu", 0), ("cuda", 2), ("cuda:1", 2)])
def test_a_gpu_is_waited_for_before_and_after(device: str, waits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, int]] = []
    told: Callable[[str], None] = lambda where: calls.append((where, -1))  # noqa: E731
    monkeypatch.setattr(torch.cuda, "synchronize", told)
    timed(_Waits("a", 0, calls, device), BATCHES[0])
    assert calls == ([("a", 0)] if not waits else [(device, -1), ("a", 0), (device, -1)])

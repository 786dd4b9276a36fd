import json
from pathlib import Path

import numpy as np
import pytest

from segcli.benchmark import memory
from segcli.benchmark.memory import Peak, measure, peak_memory, report
from segcli.benchmark.variant import Choice
from segcli.export.export_checkpoint import Exported
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.predictor import Images

HELD = 64 << 20


class _Holds:
    """Opens a variant that needs a known amount for the time of a prediction."""

    def __init__(self, predictor: CheckpointPredictor) -> None:
        self.predictor = predictor

    def __call__(self, *_: object) -> "_Holds":
        return self

    @property
    def device(self) -> str:
        return "cpu"

    def labels(self, images: Images) -> int:
        return int(np.ones(HELD, np.uint8).sum())


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="only Linux tells it")
def test_the_peak_counts_what_is_gone_again(predictor: CheckpointPredictor, monkeypatch: pytest.MonkeyPatch) -> None:
    holds = _Holds(predictor)
    monkeypatch.setattr(holds, "predictor", holds)
    monkeypatch.setattr(memory, "open_variant", holds)
    found = measure(Choice("eager", Path("best.ckpt")), np.zeros((1, 8, 8, 3), np.uint8), "cpu", 1)
    assert found.resident is not None
    assert HELD * 0.8 < found.resident < HELD * 1.5
    assert found.gpu is None


def test_a_system_that_does_not_tell_gives_none(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory, "_STATUS", tmp_path / "none")
    monkeypatch.setattr(memory, "_RESET", tmp_path / "no/folder")
    np.save(tmp_path / "images.npy", np.zeros((1, 64, 64, 3), np.uint8))
    report(["onnx", str(exported.path), str(tmp_path / "images.npy"), "cpu", "1"])
    assert json.loads(capsys.readouterr().out) == [None, None]


def test_it_is_measured_in_a_process_of_its_own(exported: Exported, images: Images) -> None:
    found = peak_memory(Choice("onnx", exported.path), images)
    if Path("/proc/self/status").is_file():
        assert found.resident is not None
        assert 1 << 20 < found.resident < 300 << 20


def test_what_fails_there_is_not_measured(tmp_path: Path, images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_MODULE", "segcli.no_such_module")
    assert peak_memory(Choice("onnx", tmp_path / "none.onnx"), images) == Peak(None, None)

import copy
from pathlib import Path

import numpy as np
import pytest

from segcli.benchmark.benchmark import Opened, Wanted, measure_variants
from segcli.benchmark.memory import Peak
from segcli.benchmark.variant import Choice, Variant, open_variant
from segcli.export.export_checkpoint import Exported
from segcli.export.exported_model import Images
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.predictor import Predictor


def _of(predictor: Predictor, name: str) -> Opened:
    return Opened(Variant(name, Choice("eager", Path(name)), predictor, "fp32", 1000), 0.5, (f"note of {name}",))


@pytest.fixture
def pictures(images: Images) -> list[Images]:
    return list(images)


def test_variants_are_measured_against_the_first(
    predictor: CheckpointPredictor, exported: Exported, pictures: list[Images], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, tuple[int, ...], str, int]] = []

    def peak(choice: Choice, images: Images, device: str, threads: int) -> Peak:
        asked.append((choice.path.name, images.shape, device, threads))
        return Peak(len(asked), None)

    monkeypatch.setattr("segcli.benchmark.benchmark.peak_memory", peak)
    opposite = copy.deepcopy(predictor)
    for weight in opposite.segmenter.classifier.parameters():
        weight.data *= -1
    file = Opened(open_variant(Choice("onnx", exported.path), threads=1), 0.1)
    rounds: list[int] = []
    opened = [_of(predictor, "own"), _of(opposite, "opposite"), file]
    found = measure_variants(opened, pictures, Wanted(batch=3, rounds=7), advance=lambda: rounds.append(1))
    own, other, of_file = found
    assert len(rounds) == len(own.rounds_s) == 7
    assert own.differing == 0
    assert own.speed.value == own.speed.low == own.speed.high == own.cpu_speed.value == 1
    expected = (opposite.labels(np.stack(pictures)) != predictor.labels(np.stack(pictures))).mean()
    assert other.differing == pytest.approx(expected)
    assert expected > 0.5
    assert of_file.differing < 0.001
    assert own.images_per_s == pytest.approx(3 / own.wall.median)
    assert of_file.speed.value == pytest.approx(own.wall.median / of_file.wall.median)
    assert asked == [(name, (3, 70, 50, 3), "cpu", 1) for name in ("own", "opposite", exported.path.name)]
    assert [each.memory.resident for each in found] == [1, 2, 3]


def test_the_record_is_in_milliseconds(predictor: CheckpointPredictor, pictures: list[Images]) -> None:
    (found,) = measure_variants([_of(predictor, "own")], pictures, Wanted(rounds=2, memory=False))
    told = found.record()
    assert told["wall_ms"]["median"] == pytest.approx(1000 * found.wall.median, abs=1e-3)
    assert told["rounds_ms"] == pytest.approx([1000 * each for each in found.rounds_s], abs=1e-3)
    assert told["first_ms"] == 500
    assert told["speed"] == {"value": 1, "low": None, "high": None}
    assert (told["name"], told["file"], told["device"], told["size_bytes"]) == ("own", "own", "cpu", 1000)
    assert told["notes"] == ["note of own"]
    assert told["peak_memory_bytes"] is told["peak_gpu_memory_bytes"] is None

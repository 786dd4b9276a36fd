import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from segcli.cli.main import main
from segcli.experiment.tune.threshold import best_place, tuned
from segcli.metrics.threshold_counts import BINS


def _counts(images: int, best: float, spread: float = 0.15) -> NDArray[np.int64]:
    """Return pixels of images of which true ones have higher probabilities, around a threshold."""
    rng = np.random.default_rng(0)
    found = np.zeros((images, 2, BINS), int)
    for image in found:
        for value, centre in ((0, best - 0.1), (1, best + 0.1)):
            drawn = np.clip(rng.normal(centre, spread, 500), 0, 0.999)
            image[value] = np.bincount((drawn * BINS).astype(int), minlength=BINS)
    return found


@pytest.mark.parametrize("best", [0.25, 0.7])
def test_the_threshold_is_found_and_its_gain_is_clear(best: float) -> None:
    found = tuned("cell", _counts(40, best), 0.5)
    assert found.threshold == pytest.approx(best, abs=0.1)
    assert found.after > found.before
    assert found.is_clear
    assert found.low < found.gain < found.high
    assert found.gain <= found.after - found.before + 1e-9  # images that chose it favour it


def test_no_gain_is_claimed_where_the_threshold_was_right() -> None:
    counts = _counts(40, 0.5)
    found = tuned("cell", counts, tuned("cell", counts, 0.5).threshold)
    assert found.after == found.before
    assert found.gain <= 0
    assert not found.is_clear


def test_few_images_measure_no_gain() -> None:
    found = tuned("cell", _counts(9, 0.3), 0.5)
    assert np.isnan(found.gain)
    assert not found.is_clear


def test_of_equals_the_nearest_to_that_in_use_is_taken() -> None:
    ious = np.array([0.1, 0.5, 0.5, 0.2, 0.5])
    assert [best_place(ious, used) for used in (0, 2, 4)] == [1, 2, 4]
    assert best_place(np.full(5, np.nan), 3) == 3
    assert best_place(np.array([np.nan, 0.2, 0.1]), 0) == 1


def test_what_is_found_is_what_is_evaluated(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model.task", "multilabel", "--data.multilabel", "true", "--data.val_size", "12", "--run.name", "tuned"]
    assert main(["fit", "-c", "tiny.yaml", *words]) == 0
    run = Path("runs/tuned/1")
    best = str(run / "checkpoints" / "best.ckpt")
    capsys.readouterr()

    assert main(["tune", "threshold", "--ckpt_path", best]) == 0
    out = capsys.readouterr().out
    tune = run / "tune" / "1"
    assert {path.name for path in tune.iterdir()} == {"threshold.png", "threshold.yaml", "tune.json"}
    record = json.loads((tune / "tune.json").read_text())
    fragment = yaml.safe_load((tune / "threshold.yaml").read_text())
    assert fragment == {"inference": {"threshold": {each["name"]: each["threshold"] for each in record["classes"]}}}
    assert f"inference: {{threshold: {{circle: {record['classes'][0]['threshold']:g}" in out

    assert (
        main(["validate", "--ckpt_path", best, "-c", str(run / "config.yaml"), "-c", str(tune / "threshold.yaml")]) == 0
    )
    scores = json.loads((run / "validate" / "1" / "val_scores.json").read_text())
    for each in record["classes"]:
        assert scores["classes"][each["name"]]["IoU"] == pytest.approx(each["after"], abs=1e-5)


def test_classes_that_exclude_each_other_have_no_threshold(
    in_trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", "threshold", "--ckpt_path", str(in_trained)]) == 2
    assert "is for model.task: binary and multilabel" in capsys.readouterr().err
    assert not list((in_trained.parents[1] / "tune").glob("*"))

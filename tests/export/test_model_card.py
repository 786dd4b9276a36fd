import json
from dataclasses import replace
from pathlib import Path

import pytest

from segcli.disk import write_text
from segcli.export.description import Description
from segcli.export.model_card import model_card, recorded, stored_run
from segcli.ledger.entry import RESULTS, SCHEMA
from segcli.runs.stored_run import StoredRun
from segcli.runs.surroundings import file_hash
from tests.export.test_description import DESCRIPTION


def test_says_what_goes_in_and_comes_out() -> None:
    page = model_card("cells/1", DESCRIPTION, "model.onnx", None)
    assert page.startswith("# cells/1: semantic segmentation, 2 classes\n")
    assert "`model.onnx` takes images of any size from 33 pixels, any number of images" in page
    assert "| in | image | uint8 | (B, H, W, C) | 3 channels, RGB |" in page
    assert "| 1 | Straße | `#ff8000` |" in page
    assert "Not compared" in page
    assert "probabilities" not in page
    assert "Data and scores" not in page


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"size": [40, 50], "any_batch": False}, "images of 40x50 pixels, one image at a time"),
        (
            {"outputs": ["labels", "probabilities"]},
            "| out | probabilities | float32 | (B, K, H, W) | of each class, 0 to 1 |",
        ),
        (
            {"task": "binary", "outputs": ["labels", "probabilities"]},
            "| out | probabilities | float32 | (B, 1, H, W) | of the second class, 0 to 1 |",
        ),
        ({"image_mode": "native"}, "`python predict_onnx.py photo.npy` writes `photo.npy.labels.png`"),
        ({"dtype": "uint16"}, "`python predict_onnx.py photo.npy`"),
        ({"task": "multilabel"}, "| out | labels | uint8 | (B, K, H, W) | 0 or 1 for each class |"),
        ({"int8_images": 9}, "calibrated on 9 training images"),
        (
            {"agreement": {"images": 4, "pixels": 10_000, "differing": 3, "model_miou": 0.5, "file_miou": 0.49}},
            "4 images of the validation split 0.0300% of labels differ; mIoU of the model 0.5000, of the file 0.4900",
        ),
        ({"classes": ["a|b", "<i>"]}, r"| 0 | a\|b |"),
    ],
)
def test_says_what_is_special(changes: dict[str, object], text: str) -> None:
    assert text in model_card("cells/1", replace(DESCRIPTION, **changes), "model.onnx", None)  # type: ignore[arg-type]


def test_only_onnx_has_a_script() -> None:
    assert "predict_onnx.py" in model_card("x", DESCRIPTION, "model.onnx", None)
    assert "predict_onnx.py" not in model_card("x", DESCRIPTION, "model.pt2", None)


def test_a_file_that_is_not_to_be_used_says_so_first() -> None:
    page = model_card("x", DESCRIPTION, "model.rejected.onnx", None, "3 % of labels differ")
    assert page.splitlines()[2] == "**Not to be used**: 3 % of labels differ."
    assert "predict_onnx.py" not in page


def _of(run: StoredRun, checkpoint: str = "best.ckpt") -> Description:
    """What a file says that was exported from a checkpoint of the run."""
    return replace(DESCRIPTION, origin={"checkpoint_sha256": file_hash(run.path / "checkpoints" / checkpoint)})


def test_scores_of_another_checkpoint_are_not_those_of_the_model(copied: Path) -> None:
    (copied / "checkpoints" / "other.ckpt").write_bytes(b"other")
    run = StoredRun.load(copied)
    page = model_card("tiny/1", _of(run, "other.ckpt"), "model.onnx", run)
    assert "The scores of the run are those of best.ckpt, not of this model." in page
    assert "| mean |" not in page


def test_scores_are_those_of_the_run(trained: Path) -> None:
    run = StoredRun.load(trained)
    page = model_card("tiny/1", _of(run), "model.onnx", run)
    assert f"| mean | {run.scores()['mIoU']:.3f} | {run.scores()['mDice']:.3f} |" in page
    assert "Images: train 24, val 6" in page
    assert "Recorded" not in page


def test_a_recorded_result_is_named(copied: Path) -> None:
    run = StoredRun.load(copied)
    figure = {"mean": 0.25, "sd": 0.125, "n": 2}
    content = {"schema": SCHEMA, "experiment": ["tiny.yaml"], "overrides": [], "experiment_hash": run.experiment_hash}
    content |= {"val": {"mIoU": figure}, "cost": {}, "data": {}, "settings": {}, "runs": [{}]}
    for name, changed in (("another", {"experiment_hash": "0" * 16}), ("first", {})):
        write_text(Path(RESULTS) / f"{name}.json", json.dumps(content | changed))
    entry = recorded(run)
    assert entry is not None
    assert entry.name == "first"
    told = "Recorded as `first`: mIoU 0.250 over 2 runs, standard deviation 0.125."
    assert told in model_card("tiny/1", _of(run), "model.onnx", run)


def test_what_is_no_run_has_no_scores(copied: Path) -> None:
    assert stored_run(copied) is not None
    (copied / "val_scores.json").write_text("{}")
    assert stored_run(copied) is None
    assert stored_run(None) is None

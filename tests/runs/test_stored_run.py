import json
from pathlib import Path

import numpy as np
import pytest

from segcli.runs.image_counts import ImageCounts
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError
from tests.run_folders import CLASSES, write_run, write_test


def test_a_run_of_fit_can_be_read(in_trained: Path) -> None:
    run = StoredRun.load(Path("runs/tiny/1"))
    assert (run.name, run.seed, run.classes[0]) == ("tiny/1", 0, "background")
    points = run.curve("val/mIoU")
    assert [(point.epoch, point.step) for point in points] == [(1, 3), (2, 6)]
    assert 0 < points[0].train_s < points[0].elapsed_s < points[1].elapsed_s
    best = max(points, key=lambda point: point.value)
    scores = run.scores()
    assert scores["epoch"] == best.epoch
    assert scores["mIoU"] == pytest.approx(best.value, abs=1e-6)
    terms = run.counts().terms()
    right, truth, predicted = (np.sum(part, axis=0) for part in (terms.right, terms.truth, terms.predicted))
    with np.errstate(invalid="ignore"):
        assert np.nanmean(right / (truth + predicted - right)) == pytest.approx(scores["mIoU"], abs=1e-6)
    assert run.config_hash == run.passport["config_hash"]
    assert run.experiment_hash == run.passport["experiment_hash"]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"status": "running"}, r"did not finish \(running, or killed\)"),
        ({"status": "interrupted"}, r"did not finish \(interrupted\)"),
        ({"schema": 1}, r"another version of segcli \(0\.4\.0\)"),
        ("passport.json", "has no passport.json"),
        ("config.yaml", "has no config.yaml"),
        ("metrics.csv", "has no metrics.csv"),
        ("timing.csv", "has no timing.csv"),
    ],
)
def test_what_is_no_whole_run_says_why(tmp_path: Path, damage: dict[str, object] | str, reason: str) -> None:
    path = write_run(tmp_path / "runs" / "a" / "1")
    if isinstance(damage, str):
        (path / damage).unlink()
    else:
        passport = json.loads((path / "passport.json").read_text()) | damage
        (path / "passport.json").write_text(json.dumps(passport))
    with pytest.raises(UnreadableRunError, match=reason) as caught:
        StoredRun.load(path)
    assert caught.value.path == path


@pytest.mark.parametrize("name", ["passport.json", "config.yaml"])
def test_damaged_records_say_which(tmp_path: Path, name: str) -> None:
    path = write_run(tmp_path / "runs" / "a" / "1")
    (path / name).write_text("{")
    with pytest.raises(UnreadableRunError, match=f"{name} cannot be read"):
        StoredRun.load(path)


def test_counts_of_another_epoch_than_the_scores_are_refused(tmp_path: Path) -> None:
    path = write_run(tmp_path / "runs" / "a" / "1")
    run = StoredRun.load(path)
    ImageCounts.of(["a"], np.zeros((1, 3, 3), np.int64), epoch=2).write(path / "val_images.npz")
    with pytest.raises(UnreadableRunError, match=r"of epoch 2, val_scores\.json of epoch 4"):
        run.counts()
    (path / "val_images.npz").unlink()
    with pytest.raises(UnreadableRunError, match=r"has no val_images\.npz"):
        StoredRun.load(path).counts()
    (path / "val_scores.json").unlink()
    with pytest.raises(UnreadableRunError, match=r"has no val_scores\.json"):
        StoredRun.load(path).scores()


def test_the_newest_test_counts(tmp_path: Path) -> None:
    run = StoredRun.load(write_run(tmp_path / "runs" / "a" / "1"))
    with pytest.raises(UnreadableRunError, match="was not tested: python -m segcli test --ckpt_path"):
        run.folder("test")
    for number, score in ((2, 0.2), (10, 0.1)):
        write_test(run.path, number, score)
    assert run.scores("test")["mIoU"] == pytest.approx(0.1, abs=1e-6)
    (run.path / "test" / "10" / "passport.json").write_text('{"verifies": "runs/a/1"}')
    assert StoredRun.load(run.path).scores("test")["mIoU"] == pytest.approx(0.2, abs=1e-6)


def test_a_test_of_another_checkpoint_does_not_count(tmp_path: Path) -> None:
    path = write_run(tmp_path / "runs" / "a" / "1")
    passport = json.loads((path / "passport.json").read_text()) | {"checkpoints": {"best.ckpt": "b", "last.ckpt": "l"}}
    (path / "passport.json").write_text(json.dumps(passport))
    run = StoredRun.load(path)
    for number, content in ((1, "b"), (2, "l")):
        write_test(path, number, number / 10, loaded={"checkpoint": "x.ckpt", "sha256": content})
    assert run.scores("test")["mIoU"] == pytest.approx(0.1, abs=1e-6)
    (path / "test" / "1" / "passport.json").write_text(
        json.dumps({"loaded": {"checkpoint": "x", "sha256": "of before"}})
    )
    with pytest.raises(UnreadableRunError, match="was tested, but not by its best checkpoint"):
        run.folder("test")
    assert len(CLASSES) == len(run.classes)

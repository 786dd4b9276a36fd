import dataclasses
import json
from pathlib import Path

import pytest

from segcli.comparison.metric import Metric, parse_metric
from segcli.config.errors import ConfigError
from segcli.runs.image_counts import ImageCounts
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError
from tests.run_folders import replace_counts, write_run, write_test


@pytest.fixture
def run(tmp_path: Path) -> StoredRun:
    return StoredRun.load(write_run(tmp_path / "1"))


@pytest.mark.parametrize(
    ("text", "has_images", "of_class", "class_metric"),
    [
        ("val/mIoU", True, "", "IoU"),
        ("test/mDice", True, "", "Dice"),
        ("val/pixel_accuracy", True, "", "IoU"),
        ("val/Dice/circle", True, "circle", "Dice"),
        ("val/loss", False, "", ""),
    ],
)
def test_a_name_says_what_is_measured(
    run: StoredRun, text: str, has_images: bool, of_class: str, class_metric: str
) -> None:
    metric = parse_metric(text, [run])

    assert str(metric) == text
    assert (metric.has_images, metric.of_class, metric.class_metric) == (has_images, of_class, class_metric)


@pytest.mark.parametrize(("text", "near"), [("val/miou", "val/mIoU"), ("val/IoU/cirle", "val/IoU/circle")])
def test_an_unknown_metric_is_a_mistake_with_a_suggestion(run: StoredRun, text: str, near: str) -> None:
    with pytest.raises(ConfigError, match=f"no run has the metric '{text}' \\(did you mean '{near}'"):
        parse_metric(text, [run])


def test_a_loss_and_an_own_metric_that_is_minimised_are_better_when_lower(run: StoredRun, tmp_path: Path) -> None:
    assert Metric("val", "loss").is_lower_better([run])
    assert Metric("val", "loss_DiceLoss").is_lower_better([run])
    assert not Metric("val", "IoU/forest loss").is_lower_better([run])  # a class
    assert not Metric("val", "mIoU").is_lower_better([run])
    chosen = {"checkpoint": {"monitor": "val/own", "mode": "min"}}
    assert Metric("val", "own").is_lower_better([StoredRun.load(write_run(tmp_path / "2", config=chosen))])
    assert not Metric("val", "own").is_lower_better([run])
    wrong = {"checkpoint": {"monitor": "val/mDice", "mode": "min"}}  # the metric says which way is better, not a run
    assert not Metric("val", "mDice").is_lower_better([StoredRun.load(write_run(tmp_path / "3", config=wrong))])


def test_a_logged_value_is_that_of_the_epoch_of_the_scores(run: StoredRun) -> None:
    rows = (run.path / "metrics.csv").read_text().splitlines()
    best = rows[4].split(",")[2]  # now in epoch 2
    rows[2] = ",".join([*rows[2].split(",")[:2], best, *rows[2].split(",")[3:]])
    (run.path / "metrics.csv").write_text("\n".join(rows) + "\n")
    replace_counts(run.path, dataclasses.replace(ImageCounts.read(run.path / "val_images.npz"), epoch=2))

    assert Metric("val", "loss").value(run) == 1 - 0.8 / 2


def test_of_several_validations_in_an_epoch_it_is_that_of_the_scores(run: StoredRun) -> None:
    best = StoredRun.load(run.path).scores()["mIoU"]
    rows = [f"3,9,{best},0.1", f"3,19,{best - 0.1},0.2"]
    (run.path / "metrics.csv").write_text("\n".join(["epoch,step,val/mIoU,val/loss", *rows]) + "\n")
    times = ["4,10,1,1,100", "4,20,2,2,100"]
    (run.path / "timing.csv").write_text("\n".join(["epoch,step,train_s,elapsed_s,images_per_s", *times]) + "\n")

    assert Metric("val", "loss").value(run) == 0.1


def test_a_test_has_what_its_scores_say(run: StoredRun) -> None:
    file = write_test(run.path) / "test_scores.json"
    scores = {**json.loads(file.read_text()), "mAP": 0.6}
    scores["classes"]["circle"]["AP"], scores["classes"]["square"]["AP"] = 0.5, None
    file.write_text(json.dumps(scores))

    assert Metric("test", "mAP").value(run) == 0.6
    assert Metric("test", "AP/circle").value(run) == 0.5
    with pytest.raises(UnreadableRunError, match="has no test/AP/square"):
        Metric("test", "AP/square").value(run)


def test_what_was_not_logged_has_no_value(run: StoredRun) -> None:
    with pytest.raises(UnreadableRunError, match="has no val/mAP of epoch 4"):
        Metric("val", "mAP").value(run)

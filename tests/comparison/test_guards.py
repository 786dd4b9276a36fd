import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcli.comparison.guards import mismatches
from segcli.comparison.measured_run import measure
from segcli.comparison.metric import Metric
from segcli.runs.image_counts import ImageCounts
from segcli.runs.stored_run import StoredRun
from tests.comparison.drawn import draw, run_on_one_truth, truth_pixels
from tests.run_folders import replace_counts, write_run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path.cwd()


def edit(path: Path, **changes: Any) -> Path:  # noqa: ANN401  (entries of a passport)
    file = path / "passport.json"
    passport = json.loads(file.read_text())
    for key, value in changes.items():
        section, _, name = key.partition("__")
        passport[section] = {**passport[section], name: value} if name else value
    file.write_text(json.dumps(passport))
    return path


def found(*paths: Path, metric: str = "mIoU") -> list[str]:
    of = Metric("val", metric)
    return mismatches([measure(StoredRun.load(path), of) for path in paths], of)


def test_runs_on_the_same_images_can_be_compared(here: Path) -> None:
    assert found(run_on_one_truth(here / "1", 1), run_on_one_truth(here / "2", 2, decoder="UNet")) == []


def test_other_images_are_named_with_the_runs(here: Path) -> None:
    paths = [run_on_one_truth(here / str(n), n) for n in range(5)]
    edit(paths[4], data__splits={"val": {"count": 12, "ids": "1d5", "content": "beef"}})

    assert found(*paths) == ["different images of val (content): 0, 1, 2 and 1 more against 4"]


def test_other_training_images_count_as_well(here: Path) -> None:
    paths = [run_on_one_truth(here / str(n), n) for n in range(2)]
    splits = json.loads((paths[0] / "passport.json").read_text())["data"]["splits"]
    edit(paths[1], data__splits={**splits, "train": {**splits["train"], "ids": "0", "count": 3}})

    assert found(*paths) == ["different images of train (count, ids): 0 against 1"]


def test_other_definitions_and_classes_count(here: Path) -> None:
    paths = [run_on_one_truth(here / str(n), n) for n in range(2)]
    edit(paths[1], metrics__IoU="per image")
    counts = ImageCounts.read(paths[1] / "val_images.npz")
    replace_counts(paths[1], counts, ["background", "circle", "triangle"])

    assert found(*paths) == [
        "different classes (2): 0 against 1",
        "different definitions of metrics (IoU): 0 against 1",
    ]


def test_other_masks_show_though_nothing_else_does(here: Path) -> None:
    truth = truth_pixels()
    changed = truth + np.array([0, 0, 1])
    paths = [write_run(here / str(n), n, counts=draw(each, 0.8, n)) for n, each in enumerate((truth, changed))]

    assert found(*paths) == ["different masks (square): 0 against 1"]


def test_losses_are_compared_only_if_they_are_the_same_loss(here: Path) -> None:
    dice = {"class_path": "segcli.losses.dice_loss.DiceLoss", "init_args": {}}
    paths = [run_on_one_truth(here / "0"), run_on_one_truth(here / "1", config={"model": {"loss": dice}})]

    assert found(*paths) == []
    (said,) = found(*paths, metric="loss")
    assert said.startswith("different losses (model.loss.class_path, ")
    assert said.endswith("): 0 against 1")
    for path in paths:
        file = path / "metrics.csv"
        file.write_text(file.read_text().replace("val/loss", "val/loss_DiceLoss"))
    assert found(*paths, metric="loss_DiceLoss") == [said]


def test_values_of_a_loss_are_compared_only_if_they_average_over_the_same(here: Path) -> None:
    paths = [run_on_one_truth(here / str(n), n) for n in range(3)]
    edit(paths[0], loss=["CrossEntropyLoss: mean over pixels"])
    told = "different definitions of val/loss (what it averages over): "

    assert found(*paths) == []
    assert found(*paths, metric="loss") == [f"{told}0 against 1, 2"]
    edit(paths[1], loss=["CrossEntropyLoss: mean over pixels"])
    edit(paths[2], loss=["LovaszLoss: mean over batches of at most 4"])
    assert found(*paths, metric="loss") == [f"{told}0, 1 against 2"]


def test_losses_of_runs_that_record_no_definition_depend_on_the_batch_size(here: Path) -> None:
    sizes = ({"batch_size": 4}, {"batch_size": 8, "val_batch_size": 4}, {"batch_size": 4, "val_batch_size": 2})
    data = [{"class_path": "x.Data", "init_args": arguments} for arguments in sizes]
    paths = [run_on_one_truth(here / str(n), config={"data": each}) for n, each in enumerate(data)]

    assert found(*paths, metric="loss") == ["different definitions of val/loss (what it averages over): 0, 1 against 2"]


def test_what_a_passport_does_not_say_is_not_compared(here: Path) -> None:
    paths = [run_on_one_truth(here / str(n), n) for n in range(2)]
    edit(paths[1], metrics={}, data__splits={})

    assert found(*paths) == []

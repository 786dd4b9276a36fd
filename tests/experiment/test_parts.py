from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from segcli import registry
from segcli.config.compose import compose
from segcli.experiment.parts import PartError, check_callbacks, check_checkpoint, check_parts, part


def _tree(file: Path, *overrides: str) -> dict[str, Any]:
    return compose([file], overrides).expanded()


@pytest.mark.parametrize(
    ("words", "key", "message"),
    [
        (["--data.batch_size", "0"], "data", "batch_size 0"),
        (["--model.loss.class_weights", "[1, 2]"], "model.loss", "got 2 class_weights, expected 4"),
        (["--model.schedule.power", "-1"], "model.schedule", "expected a number above 0"),
        (["--model.optimizer.lr", "-1"], "model.optimizer", "Invalid learning rate"),
        (["--model.task", "binary"], "model", "'binary' with 4 classes"),
        (["--model.task", "multilabel"], "model.task", "set model.task: multiclass, or data: Multilabel"),
        (["--data.multilabel", "true"], "model.task", "set model.task: multilabel"),
        (["--model.average_precision_thresholds", "1"], "model", "expected at least 2, or null"),
    ],
    ids=["data", "class weights", "schedule", "optimizer", "task", "labels", "several labels", "thresholds"],
)
def test_cheap_parts_are_built_without_the_model(tiny: Path, words: list[str], key: str, message: str) -> None:
    with pytest.raises(PartError, match=message) as caught:
        check_parts(_tree(tiny, *words))
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("metrics", "key", "message"),
    [
        (
            "[HD95, {class_path: torchmetrics.segmentation.HausdorffDistance, num_classes: 4}]",
            "model.metrics.1",
            r"update\(preds, target\) takes neither .* derives from segcli.metrics.base.Metric",
        ),
        (
            "[{class_path: torchmetrics.classification.MulticlassAccuracy, num_classes: 4, average: null}]",
            "model.metrics",
            "expected one number; set its average",
        ),
    ],
    ids=["form", "value"],
)
def test_metrics_are_tried_on_a_few_pixels(tiny: Path, metrics: str, key: str, message: str) -> None:
    with pytest.raises(PartError, match=message) as caught:
        check_parts(_tree(tiny, "--model.metrics", metrics))
    assert caught.value.key == key


def test_scores_of_groups_need_groups(tiny: Path, tmp_path: Path) -> None:
    words = ["--model.metrics", "[{class_path: HD95, group: true}]"]
    assert len(check_parts(_tree(tiny, *words)).classes) == 4  # these pictures have a usual group
    folder = tmp_path / "folder.yaml"
    folder.write_text("extends: tiny.yaml\ndata: {class_path: FolderDataModule, root: x, classes: [a, b]}\n")
    with pytest.raises(PartError, match=r"group: true needs the groups of images; set data\.group") as caught:
        check_parts(_tree(folder, *words))
    assert caught.value.key == "model.metrics.0"


def test_checking_reads_no_data_and_draws_no_random_number(tiny: Path) -> None:
    before = torch.get_rng_state()
    data = check_parts(_tree(tiny))
    assert data.datasets == {}
    assert torch.equal(before, torch.get_rng_state())


def test_a_null_schedule_is_fine(tiny: Path) -> None:
    assert len(check_parts(_tree(tiny, "--model.schedule", "null")).classes) == 4


@pytest.mark.parametrize("loss", registry.names("losses"))
def test_losses_are_tried_with_several_labels(tiny: Path, loss: str) -> None:
    terms = {"WeightedSum": "{class_path: WeightedSum, terms: [DiceLoss]}"}
    terms["EdgeLoss"] = "{class_path: EdgeLoss, loss: DiceLoss}"
    words = ["--data.multilabel", "true", "--model.task", "multilabel", "--model.loss", terms.get(loss, loss)]
    assert check_parts(_tree(tiny, *words)).classes == ("circle", "square", "triangle")


def test_factories_wait_for_their_arguments(tiny: Path) -> None:
    optimizer = part(_tree(tiny), "model.optimizer")(params=[nn.Parameter(torch.zeros(1))])
    assert isinstance(optimizer, torch.optim.AdamW)


def test_what_callbacks_and_checkpoints_refuse_is_found(tiny: Path) -> None:
    with pytest.raises(PartError, match="mode"):
        check_checkpoint(_tree(tiny, "--checkpoint.mode", "maxx"))
    words = ["--trainer.callbacks", "[{class_path: EarlyStopping, monitor: val/loss, mode: b}]"]
    with pytest.raises(PartError) as caught:
        check_callbacks(_tree(tiny, *words))
    assert caught.value.key == "trainer.callbacks"


def test_two_averages_are_found_and_one_is_fine(tiny: Path) -> None:
    with pytest.raises(PartError, match="got EMA and EMAWeightAveraging") as caught:
        check_callbacks(_tree(tiny, "--trainer.callbacks", "[EMA, EMAWeightAveraging]"))
    assert caught.value.key == "trainer.callbacks"
    for one in ("[EMA, Timer]", "EMA", "null"):
        check_callbacks(_tree(tiny, "--trainer.callbacks", one))

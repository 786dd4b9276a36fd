from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from segcli import registry
from segcli.config.compose import compose
from segcli.experiment.parts import PartError, check_callbacks, check_checkpoint, check_parts, check_trainer, part


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
    words = ["--data.multilabel", "true", "--model.task", "multilabel", "--model.loss", terms.get(loss, loss)]
    assert check_parts(_tree(tiny, *words)).classes == ("circle", "square", "triangle")


def test_factories_wait_for_their_arguments(tiny: Path) -> None:
    optimizer = part(_tree(tiny), "model.optimizer")(params=[nn.Parameter(torch.zeros(1))])
    assert isinstance(optimizer, torch.optim.AdamW)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trainer.limit_train_batches", "1.5"], "limit_train_batches"),
        (["--trainer.max_epochs", "-5"], "max_epochs"),
        (["--trainer.accelerator", "gpuu"], "did you mean 'gpu'"),
    ],
)
def test_what_the_trainer_refuses_is_found(tiny: Path, words: list[str], message: str) -> None:
    with pytest.raises(PartError, match=message) as caught:
        check_trainer(_tree(tiny, *words))
    assert caught.value.key == "trainer"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("max_time", "word", "got 'word', expected days, hours, minutes and seconds"),
        ("max_time", "{hour: 1}", r"got 'hour' \(did you mean 'hours'\?\)"),
        ("val_check_interval", "0:1", "got '0:1', expected days"),
    ],
)
def test_a_span_of_time_is_one(tiny: Path, key: str, value: str, message: str) -> None:
    with pytest.raises(PartError, match=message) as caught:
        check_trainer(_tree(tiny, f"--trainer.{key}", value))
    assert caught.value.key == f"trainer.{key}"
    check_trainer(_tree(tiny, "--trainer.max_time", "{hours: 1}", "--trainer.val_check_interval", "00:00:05:00"))


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


@pytest.mark.parametrize(
    "words",
    [
        ["--trainer.accelerator", "gpu", "--trainer.devices", "8", "--trainer.strategy", "ddp"],
        ["--trainer.precision", "16-mixed", "--trainer.deterministic", "true"],
        ["--trainer.max_time", "00:01:00:00", "--trainer.callbacks", "[Timer]"],
    ],
)
def test_what_another_machine_can_run_is_fine(tiny: Path, words: list[str]) -> None:
    check_trainer(_tree(tiny, *words))
    assert not torch.are_deterministic_algorithms_enabled()

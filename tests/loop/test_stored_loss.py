"""What a checkpoint holds of a loss is in no other loss's way; a new loss is covered by its name."""

import copy
import inspect
import json
import math
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from segcli.cli.main import main
from segcli.datasets.class_counts import ClassCounts
from segcli.inference.checkpoint import CHECKPOINT_KEY
from segcli.loop.class_rules import class_rules, losses_in
from segcli.loop.stored_loss import LOSSES, counts_in, fit_state, stored_counts
from segcli.losses.base import Loss
from segcli.losses.class_balance import class_balance
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.weighted_sum import WeightedSum
from segcli.registry import names
from segcli.runs.stored_files import read_cells
from segcli.task import SegmentationTask
from tests.contracts.test_losses import REQUIRED
from tests.losses.data import OF_LOGITS, batch, dense, loss_class

CLASSES = ("a", "b", "c", "d")
COUNTS = ClassCounts(CLASSES, (30, 10, 40, 20), (100,) * 4, (100, 50, 100, 100), (3, 1, 2, 2))


def built(name: str, rule: str | None = None) -> Any:  # noqa: ANN401  (a loss or a criterion)
    """A registered loss, with class weights by a rule if it takes one."""
    kind, arguments = loss_class(name), dict(REQUIRED.get(name, {}))
    parameters = inspect.signature(kind).parameters
    taken = [key for key in ("class_weights", "alpha") if "balanced" in str(parameters.get(key))]
    if name == "WeightedSum":
        arguments["terms"] = [CrossEntropyLoss(rule), DiceLoss()]  # type: ignore[arg-type]
    if "loss" in parameters:
        arguments["loss"] = CrossEntropyLoss(rule)  # type: ignore[arg-type]
    return kind(**arguments, **dict.fromkeys(taken, rule))


def of(loss: object) -> SegmentationTask:
    nothing = cast(Any, None)  # what is not built yet is only kept
    return SegmentationTask(nothing, nothing, cast(Loss, loss), nothing, CLASSES)


def trained_by(name: str, rule: str | None = "balanced") -> dict[str, Any]:
    """What a run with a loss leaves in its checkpoint after a batch."""
    task = of(built(name, rule))
    task.run_loss.class_counts = COUNTS
    for each in losses_in(task.loss):
        each.fit_to(COUNTS)
    if name in OF_LOGITS:
        logits, mask = batch("multiclass")
        task.run_loss._training(dense(logits), {"mask": mask}, 0, 1, 1)  # type: ignore[typeddict-item]
    state = task.state_dict()
    checkpoint: dict[str, Any] = {"state_dict": state, "current_model_state": copy.copy(state)}
    task.on_save_checkpoint(checkpoint)
    return checkpoint


def load(task: SegmentationTask, checkpoint: dict[str, Any]) -> None:
    """As Lightning and averages of weights do."""
    task.on_load_checkpoint(checkpoint)
    for key in ("state_dict", "current_model_state"):
        task.load_state_dict(checkpoint[key])


@pytest.mark.parametrize("stored", list(names("losses")))
def test_what_one_loss_leaves_hinders_no_other_and_is_not_mixed_with_it(stored: str) -> None:
    checkpoint = trained_by(stored)
    own = of(built(stored, "balanced"))
    for name in names("losses"):
        task = of(built(name, "median_frequency"))

        load(task, copy.deepcopy(checkpoint))

        is_same = task.run_loss._training._parts() == own.run_loss._training._parts() and stored in OF_LOGITS
        assert math.isnan(task.run_loss._training.of_epoch()) != is_same, name
        for weights in class_rules(task.loss):
            assert weights.values is not None
            assert weights.values.tolist() == pytest.approx(class_balance(COUNTS, "median_frequency")), name


def test_checkpoints_that_held_weights_in_the_state_of_the_loss_still_load() -> None:
    values = torch.tensor([0.5, 2.0, 0.75, 0.75])
    state: dict[str, Tensor] = {"loss.class_weights.values": values}
    model = {"loss": {"class_path": "x.CrossEntropyLoss", "init_args": {"class_weights": "balanced"}}}
    checkpoint = {
        "state_dict": state,
        "current_model_state": dict(state),
        CHECKPOINT_KEY: {"config": {"model": model}},
        LOSSES: {"logged_step": 0},
    }
    found = {}
    for how in ("balanced", "enet", None, [1.0, 2.0, 3.0, 4.0]):
        task = of(CrossEntropyLoss(how))  # type: ignore[arg-type]
        load(task, copy.deepcopy(checkpoint))
        assert isinstance(task.loss, CrossEntropyLoss)
        weights = task.loss.class_weights
        found[str(how)] = None if weights.waits or weights.values is None else weights.values.tolist()

    assert found == {
        "balanced": values.tolist(),
        "enet": None,
        "None": None,
        "[1.0, 2.0, 3.0, 4.0]": [1.0, 2.0, 3.0, 4.0],
    }


class Learned(CrossEntropyLoss):
    """A loss with a state of its own."""

    def __init__(self, size: int = 1) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(size))


def test_the_state_of_a_user_s_loss_is_taken_by_the_same_loss_alone() -> None:
    def checkpoint(parts: list[list[str]]) -> dict[str, Any]:
        return {"state_dict": {"loss.scale": torch.ones(1), "x": torch.ones(1)}, LOSSES: {"parts": parts}}

    for parts, size, expected in (
        ([["Learned", "pixels"]], 1, [1.0]),
        ([["Learned", "pixels"]], 2, [0.0, 0.0]),
        ([["Other", "pixels"]], 1, [0.0]),
    ):
        task, content = of(Learned(size)), checkpoint(parts)
        fit_state(content, task.state_dict(), task.criterion.names)
        assert content["state_dict"]["loss.scale"].tolist() == expected
        assert list(content["state_dict"]) == ["x", "loss.scale"]


def test_counts_are_those_of_the_same_classes() -> None:
    checkpoint = {LOSSES: stored_counts(COUNTS)}

    assert counts_in(checkpoint, list(CLASSES)) == COUNTS
    assert counts_in(checkpoint, ("b", "a", "c", "d")) is None
    assert counts_in({LOSSES: stored_counts(None)}, CLASSES) is None
    assert counts_in({}, CLASSES) is None


def test_a_training_counts_anew_and_a_task_that_knows_its_weights_keeps_them() -> None:
    task = of(WeightedSum([CrossEntropyLoss("balanced")]))
    others = COUNTS._replace(pixels=(1, 1, 1, 1))
    losses_in(task.loss)[0].fit_to(others)

    load(task, trained_by("DiceLoss"))

    (weights,) = class_rules(task.loss)
    assert weights.values is not None
    assert weights.values.tolist() == [1.0] * 4


@pytest.mark.slow
def test_a_run_from_the_state_of_another_has_weights_and_losses_of_its_own(tiny: Path) -> None:
    steps = ["--trainer.max_epochs", "1", "--trainer.log_every_n_steps", "2", "--pictures.count", "0"]
    words = ["fit", "-c", str(tiny), *steps, "--model.loss.class_weights", "balanced"]
    average = ["--trainer.callbacks", "EMA"]
    assert main([*words, *average]) == 0
    checkpoint = "runs/tiny/1/checkpoints/last.ckpt"
    more = ["--run.name", "b", "--ckpt_path", checkpoint, "--trainer.max_epochs", "2"]
    terms = "{class_path: WeightedSum, terms: [{class_path: FocalLoss, alpha: enet}, DiceLoss]}"

    assert main(["fit", "-c", str(tiny), *steps[2:], *more, *average, "--model.loss", terms]) == 0

    losses = [row["train/loss"] for row in read_cells(Path("runs/b/1/metrics.csv")) if row["train/loss"]]
    assert list(json.loads(Path("runs/b/1/passport.json").read_text())["class_weights"]) == ["enet"]
    assert len(losses) == 2
    assert all(math.isfinite(float(loss)) for loss in losses)
    for loss in ("LovaszLoss", terms, "{class_path: DiceLoss, class_weights: median_frequency}"):
        assert main(["validate", "--ckpt_path", checkpoint, "--model.loss", loss]) == 0

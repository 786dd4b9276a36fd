import errno
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch._dynamo.exc import TorchDynamoException

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.callbacks.current_batch import CurrentBatch
from segcli.callbacks.finite_loss import NonFiniteLossError
from segcli.config.compose import compose
from segcli.experiment.errors.rules import told
from segcli.experiment.errors.situation import Building, Reading, Running
from segcli.experiment.parts import PartError
from segcli.experiment.trainer_check import TrainerError
from segcli.inference.checkpoint import CheckpointError
from segcli.losses.criterion import IncomparableError
from segcli.losses.dice_loss import DiceLoss
from segcli.runs.checkpoint_file import CheckpointWriteError
from segcli.runs.run_folder import RunFolder, RunFolderError
from segcli.sample import DataError
from segcli.task_kind import KINDS


@pytest.fixture
def running(tiny: Path) -> Running:
    trainer: Any = SimpleNamespace(
        callbacks=[],
        precision="32-true",
        accumulate_grad_batches=1,
        lightning_module=None,
        strategy=SimpleNamespace(root_device=torch.device("cpu")),
        num_training_batches=3,
        val_check_interval=5,
    )
    return Running(compose([tiny]), trainer, CurrentBatch(), RunFolder(Path("run")), Path("a.ckpt"))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "out of memory on the CPU"),
        (TorchDynamoException("x"), "was not compiled"),
        (ValueError("Expected more than 1 value per channel when training, got"), "or data.batch_size so that every"),
        (ValueError("`val_check_interval` (5) must"), "trainer.val_check_interval: got 5, more than the 3 batches"),
        (DataError("x.png: no image"), "error: x.png: no image"),
        (NonFiniteLossError("the loss is nan"), "error: the loss is nan"),
        (CheckpointWriteError("no room"), "error: no room"),
        (OSError(errno.ENOSPC, "No space left", "run/x"), "cannot write run/x: No space left; make room, then train"),
        (RuntimeError("Error(s) in loading state_dict for X:\n\tsize"), "a.ckpt does not fit the model"),
        (MisconfigurationException("no such thing"), "error: no such thing"),
        (CheckpointError("no checkpoint x"), "error: no checkpoint x"),
        (RunFolderError("runs is a file"), "error: runs is a file"),
    ],
)
def test_what_the_table_holds_is_told(running: Running, error: Exception, message: str) -> None:
    assert message in str(told(error, running))


@pytest.mark.parametrize(
    "error", [ValueError("x"), KeyError("x"), OSError(errno.ENOENT, "x"), AssertionError(), RuntimeError("x")]
)
def test_what_it_does_not_hold_is_a_bug(running: Running, error: Exception) -> None:
    assert told(error, running) is None
    assert told(error, Reading()) is None


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (PartError("model.decoder", "no"), "model.decoder"),
        (TrainerError("trainer.devices", "no"), "trainer.devices"),
        (ValueError("FPN got x"), "model.decoder"),
        (DataError("data.batch_size got 8, expected 1"), "data.batch_size"),
    ],
)
def test_what_a_constructor_raises_has_its_key(running: Running, error: Exception, key: str) -> None:
    problem = told(error, Building(running.experiment))
    assert problem is not None
    assert problem.problems[0].key == key


def test_what_code_raises_is_left_alone_where_that_is_asked_for(running: Running) -> None:
    assert told(MemoryError(), running, of_code=False) is None
    assert told(CheckpointError("no checkpoint x"), running, of_code=False) is not None


def raised(call: Callable[[], object]) -> Exception:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (whatever it says)
        call()
    return caught.value


def test_images_are_named_where_the_backbone_refuses_them_and_nowhere_else(running: Running) -> None:
    of_backbone = raised(lambda: TimmBackbone("test_resnet.r160_in1k", in_channels=0))
    of_loss = raised(lambda: DiceLoss(class_weights=[1.0])(torch.zeros(1, 3, 2, 2), torch.zeros(1, 2, 2)))
    of_key = raised(lambda: KINDS["multiclass"].require_masks(multilabel=True))
    batch: Any = {"image": torch.zeros(1, 3, 8, 8), "path": ["a.png"]}
    for begun in (False, True):
        found = [str(told(error, running)) for error in (of_backbone, of_loss, of_key)]
        assert ["in a batch of a.png" in each for each in found] == [begun, False, False]
        assert all("error: " in each for each in found)
        running.batch.on_test_batch_start(running.trainer, None, batch, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ("LovaszLoss compares logits of pixels; set model.loss: MaskClassificationLoss", "model.loss"),
        ("CrossEntropyLoss got class_weights balanced, which follow", "model.loss"),
        ("Inner got class_weights balanced, which follow", "model.loss"),
    ],
)
def test_a_loss_that_cannot_compare_is_at_fault_itself(running: Running, message: str, key: str) -> None:
    problem = told(IncomparableError(message), running)

    assert problem is not None
    assert problem.problems[0].key == key
    assert problem.problems[0].source is not None

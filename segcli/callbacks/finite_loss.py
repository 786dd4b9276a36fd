"""Stop a run whose loss is not a number any more, before it overwrites what is good."""

import math
from typing import NamedTuple

import pytorch_lightning as pl
from torch import Tensor

from segcli.callbacks.last_checkpoint import LastCheckpoint
from segcli.inference.checkpoint import non_finite
from segcli.sample import Batch

MOST_PATHS = 8


class NonFiniteLossError(Exception):
    """The loss or a weight became NaN or infinite; the message says where, on which images, and what is left."""


class Step(NamedTuple):
    """A training step whose loss was not looked at yet."""

    epoch: int
    batch_idx: int
    step: int
    paths: list[str]
    loss: Tensor


class FiniteLoss(pl.Callback):
    """Raise when a training loss is NaN or infinite, or a weight that is to be saved.

    On a CPU that is before the weights change. Elsewhere reading a loss would wait for the device; so it is read after
    the next step, and always before a checkpoint is written.
    """

    def __init__(self) -> None:
        super().__init__()
        self._paths: list[str] = []
        self._batch_idx = 0
        self._unread: Step | None = None

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Remember which images these are."""
        self._paths, self._batch_idx = batch["path"], batch_idx

    def on_before_backward(self, trainer: pl.Trainer, pl_module: pl.LightningModule, loss: Tensor) -> None:
        """Look at the loss, or at the one before."""
        before = self._unread
        self._unread = Step(trainer.current_epoch, self._batch_idx, trainer.global_step, self._paths, loss.detach())
        if loss.device.type == "cpu":
            self._read(trainer, self._unread)
        elif before is not None:
            self._read(trainer, before)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, object]
    ) -> None:
        """Look at the last loss, and at the weights that it led to: a finite loss may have another gradient."""
        if self._unread is not None:
            self._read(trainer, self._unread)
        state = checkpoint.get("state_dict")
        if found := non_finite(state if isinstance(state, dict) else {}):
            raise NonFiniteLossError(
                f"a weight is NaN or infinite after step {trainer.global_step}: {found}\n{_what_is_left(trainer)}"
            )

    @staticmethod
    def _read(trainer: pl.Trainer, step: Step) -> None:
        value = float(step.loss)
        if math.isfinite(value):
            return
        shown = "".join(f"\n    {path}" for path in step.paths[:MOST_PATHS])
        more = f"\n    and {len(step.paths) - MOST_PATHS} more" if len(step.paths) > MOST_PATHS else ""
        raise NonFiniteLossError(
            f"the loss is {value} at step {step.step} (epoch {step.epoch + 1}, batch {step.batch_idx}), of images"
            f"{shown}{more}\n{_what_is_left(trainer)}"
        )


def _what_is_left(trainer: pl.Trainer) -> str:
    return (
        f"  last good checkpoint: {_last_good(trainer)}\n"
        "  Lower model.optimizer.lr or lengthen model.schedule.warmup_steps, clip gradients with "
        "--trainer.gradient_clip_val 1,\n  try --trainer.precision 32-true, or look at these images and masks."
    )


def _last_good(trainer: pl.Trainer) -> str:
    for callback in trainer.checkpoint_callbacks:
        if isinstance(callback, LastCheckpoint) and (path := callback.path(trainer)).is_file():
            saved = callback.saved_step
            return f"{path} (step {saved})" if saved is not None else str(path)
    return "none yet"

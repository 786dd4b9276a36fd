"""Progress: a bar per epoch on a terminal, lines elsewhere."""

import math
import time
from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import RichProgressBar, TQDMProgressBar

from segcli.config.output import say
from segcli.private_names import describe_epochs
from segcli.sample import Batch
from segcli.score_spec import MEAN_IOU, logged_scores

SHOWN = tuple(str(score) for score in logged_scores(()) if score.spec.is_shown)
"""``train/loss``, ``val/loss`` and ``val/mIoU``."""
_MEAN_IOU = f"val/{MEAN_IOU}"
INTERVAL_S = 30.0
"""Between two lines about one pass."""


class EpochBar(TQDMProgressBar):
    """Show the epoch, counted from 1 as everywhere, and the last scores beside the bar.

    mIoU stands to the left of the bar, where a narrow terminal cuts nothing off; the losses stand to its right.
    """

    def on_train_epoch_start(self, trainer: pl.Trainer, *args: Any) -> None:  # noqa: ANN401  (as Lightning declares it)
        """Begin a bar."""
        total = self.total_train_batches
        self.train_progress_bar.reset(None if math.isinf(total) else int(total))
        self._describe(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the new scores."""
        super().on_validation_end(trainer, pl_module)
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self._describe(trainer)

    def get_metrics(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule
    ) -> dict[str, int | str | float | dict[str, float]]:
        """Return what stands to the right of the bar."""
        metrics = trainer.callback_metrics
        return {key: f"{float(metrics[key]):.3f}" for key in SHOWN if key in metrics and key != _MEAN_IOU}

    def _describe(self, trainer: pl.Trainer) -> None:
        score = trainer.callback_metrics.get(_MEAN_IOU)
        said = "" if score is None else f"  {_MEAN_IOU} {float(score):.3f}"
        self.train_progress_bar.set_description(f"Epoch {trainer.current_epoch + 1}{said}")


def count_from_one(trainer: pl.Trainer) -> None:
    """Let Lightning's own bars count epochs as everything else here does: they begin at 0.

    Args:
        trainer: Its callbacks are changed in place; a bar that words its epochs itself is left alone.
    """
    for bar in trainer.callbacks:  # type: ignore[attr-defined]  # set in its constructor
        if isinstance(bar, RichProgressBar):
            describe_epochs(bar, partial(_described, bar))
        elif isinstance(bar, TQDMProgressBar) and (
            type(bar).on_train_epoch_start is TQDMProgressBar.on_train_epoch_start
        ):
            bar.on_train_epoch_start = partial(_begin_epoch, bar)  # type: ignore[method-assign]


def _described(bar: RichProgressBar, epoch: int) -> str:
    epochs = bar.trainer.max_epochs
    last = f"/{epochs}" if epochs is not None and epochs >= 0 else ""
    return f"Epoch {epoch + 1}{last}".ljust(len(bar.validation_description))  # of one length, or it flickers


def _begin_epoch(bar: TQDMProgressBar, trainer: pl.Trainer, *args: Any) -> None:  # noqa: ANN401
    counted: Any = SimpleNamespace(current_epoch=trainer.current_epoch + 1)  # all that it asks the trainer
    TQDMProgressBar.on_train_epoch_start(bar, counted, *args)


class ProgressLines(pl.Callback):
    """Print a line per epoch, and in between where a long pass over a split is, for logs, in which no bar can move.

    Within a pass, lines are ``INTERVAL_S`` apart, after the first also 1 % of its batches. Each is written at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._started, self._is_validated = 0.0, False
        self._begun = self._told = 0.0
        self._first_batch: int | None = None
        self._told_batch: int | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock also in the middle of an epoch, where an interrupted run resumes."""
        self._started = time.monotonic()
        self._begin()

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._started, self._is_validated = time.monotonic(), False
        self._begin()

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock of the pass."""
        self._begin()

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock of the pass."""
        self._begin()

    def on_predict_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock of the pass."""
        self._begin()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: Batch, batch_idx: int
    ) -> None:
        """Say how far the epoch is."""
        self._note(trainer, f"{_epoch(trainer)}  train", batch_idx, trainer.num_training_batches)

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: object,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Say how far the validation is."""
        if trainer.sanity_checking:
            return
        name = f"{_epoch(trainer)}  validation" if trainer.state.fn == "fit" else "validation"
        self._note(trainer, name, batch_idx, _first(trainer.num_val_batches))

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: object,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Say how far the test is."""
        self._note(trainer, "test", batch_idx, _first(trainer.num_test_batches))

    def on_predict_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: object,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Say how far the prediction is."""
        self._note(trainer, "predict", batch_idx, _first(trainer.num_predict_batches))

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note that this epoch has scores, those of an earlier one are not told again; go on with the training."""
        self._is_validated = True
        self._begin()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the line of the epoch."""
        if not trainer.is_global_zero:
            return
        metrics = trainer.callback_metrics
        shown = [key for key in SHOWN if key in metrics and (self._is_validated or not key.startswith("val/"))]
        values = "  ".join(f"{key} {float(metrics[key]):.3f}" for key in shown)
        say(f"{_epoch(trainer)}  {values}  {time.monotonic() - self._started:.0f} s")

    def _begin(self) -> None:
        """Begin a pass, or go on with the training after a validation within its epoch."""
        self._begun = self._told = time.monotonic()
        self._first_batch = self._told_batch = None

    def _note(self, trainer: pl.Trainer, name: str, index: int, batches: float) -> None:
        """Print how far a pass is, unless that was printed a short while ago."""
        now = time.monotonic()
        self._first_batch = index if self._first_batch is None else self._first_batch
        is_further = self._told_batch is None or index - self._told_batch >= batches / 100
        if now - self._told < INTERVAL_S or not is_further or index + 1 >= batches or not trainer.is_global_zero:
            return
        left = (now - self._begun) / (index + 1 - self._first_batch) * (batches - index - 1)
        say(f"{name}  batch {index + 1} of {batches}, {duration(left)} left")
        self._told, self._told_batch = now, index


def duration(seconds: float) -> str:
    """Return seconds, minutes or hours in short."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _epoch(trainer: pl.Trainer) -> str:
    end = f"/{trainer.max_epochs}" if (trainer.max_epochs or -1) > 0 else ""
    return f"epoch {trainer.current_epoch + 1}{end}"


def _first(batches: Sequence[float]) -> float:
    return next(iter(batches), 0)

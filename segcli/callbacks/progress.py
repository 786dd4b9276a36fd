"""Progress: a bar per epoch on a terminal, a line per epoch elsewhere."""

import sys
import time

import pytorch_lightning as pl
from pytorch_lightning.callbacks import TQDMProgressBar

from segcli.score_spec import logged_scores

SHOWN = tuple(str(score) for score in logged_scores(()) if score.spec.is_shown)
"""``train/loss``, ``val/loss`` and ``val/mIoU``."""


class EpochBar(TQDMProgressBar):
    """Show the last epoch's losses and mIoU beside the bar."""

    def get_metrics(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule
    ) -> dict[str, int | str | float | dict[str, float]]:
        """Return what stands beside the bar."""
        return {key: f"{float(trainer.callback_metrics[key]):.3f}" for key in SHOWN if key in trainer.callback_metrics}


class EpochLines(pl.Callback):
    """Print one line per epoch: epoch, losses, mIoU, seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._started, self._is_validated = 0.0, False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock also in the middle of an epoch, where an interrupted run goes on."""
        self._started = time.monotonic()

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._started, self._is_validated = time.monotonic(), False

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note that this epoch has scores; those of an earlier one are not told again."""
        self._is_validated = True

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the line."""
        if not trainer.is_global_zero:
            return
        metrics = trainer.callback_metrics
        shown = [key for key in SHOWN if key in metrics and (self._is_validated or not key.startswith("val/"))]
        values = "  ".join(f"{key} {float(metrics[key]):.3f}" for key in shown)
        end = f"/{trainer.max_epochs}" if (trainer.max_epochs or -1) > 0 else ""
        epoch = f"epoch {trainer.current_epoch + 1}{end}"
        print(f"{epoch}  {values}  {time.monotonic() - self._started:.0f} s", file=sys.stderr, flush=True)

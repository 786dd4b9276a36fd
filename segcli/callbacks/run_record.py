"""What ties a checkpoint to its experiment, and the passport to the course of the run."""

from typing import Any

import pytorch_lightning as pl

from segcli.inference.checkpoint import CHECKPOINT_KEY
from segcli.runs.passport import Passport


class RunRecord(pl.Callback):
    """Put the resolved experiment into every checkpoint, and keep the passport's status true.

    Args:
        config: The resolved experiment, as plain values.
        passport: The record of the run; None in processes that write none.
    """

    def __init__(self, config: dict[str, Any], passport: Passport | None) -> None:
        super().__init__()
        self._config, self._passport = config, passport

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the experiment and the class names."""
        checkpoint[CHECKPOINT_KEY] = {"config": self._config, "classes": list(getattr(pl_module, "classes", ()))}

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        """Say that the run got beyond its first batch."""
        if self._passport is not None and self._passport.status == "starting":
            self._passport.update("running")

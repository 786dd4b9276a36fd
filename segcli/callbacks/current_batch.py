"""Which batch is being worked on, for messages about it."""

import pytorch_lightning as pl
from torch import Tensor

from segcli.sample import Batch


class CurrentBatch(pl.Callback):
    """Remember stage, shape and files of the batch that was begun last.

    Attributes:
        stage: ``train``, ``validate``, ``test`` or ``predict``; empty before the first batch.
        shape: ``(B, C, H, W)`` of its images.
        paths: Their files.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stage = ""
        self.shape: tuple[int, ...] = ()
        self.paths: list[str] = []

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Remember a batch of the training."""
        self._note("train", batch)

    def on_validation_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Remember a batch of the validation."""
        self._note("validate", batch)

    def on_test_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Remember a batch of the test."""
        self._note("test", batch)

    def on_predict_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Remember a batch of the prediction."""
        self._note("predict", batch)

    def _note(self, stage: str, batch: Batch) -> None:
        image = batch.get("image") if isinstance(batch, dict) else None
        self.stage, self.shape = stage, tuple(image.shape) if isinstance(image, Tensor) else ()
        self.paths = list(batch.get("path", [])) if isinstance(batch, dict) else []

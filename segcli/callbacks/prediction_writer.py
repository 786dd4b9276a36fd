"""Write predictions as they come."""

from pathlib import Path

import pytorch_lightning as pl
from torch import Tensor

from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.inference.prediction_files import PredictionFiles
from segcli.sample import Batch


class PredictionWriter(pl.Callback):
    """Write one index PNG, or one mask per class, and one overlay per predicted image into the run's folder.

    Args:
        overlays: Whether overlays are written.
    """

    def __init__(self, overlays: bool = True) -> None:
        super().__init__()
        self._overlays = overlays
        self._files: PredictionFiles | None = None

    def on_predict_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Name the files, so that no two images share one."""
        data = trainer.datamodule  # type: ignore[attr-defined]  # set by predict(datamodule=...), not declared
        assert isinstance(data, SegmentationDataModule)
        folder = trainer.strategy.broadcast(trainer.default_root_dir)  # only rank 0 knows it under every launcher
        self._files = PredictionFiles(Path(folder), data.palette, data.datasets["predict"].paths(), data.classes)

    def on_predict_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: list[Tensor],
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Write the files of one batch."""
        assert self._files is not None
        if batch.get("is_filler"):
            return
        data = trainer.datamodule  # type: ignore[attr-defined]  # as above
        for path, image, labels in zip(batch["path"], batch["image"], outputs, strict=True):
            self._files.write(path, labels.numpy(), data.picture(image) if self._overlays else None)

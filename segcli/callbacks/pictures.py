"""Pictures of image, truth and prediction, so that every epoch can be looked at."""

import io
import math
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
from numpy.typing import NDArray
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor

from segcli.callbacks.worst_images import WorstImages
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.disk import write_bytes
from segcli.inference.picture import comparison_grid
from segcli.runs.run_folder import PICTURES
from segcli.sample import Batch
from segcli.task import SegmentationTask

Panel = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


class Pictures(pl.Callback):
    """Draw a few validation images, spread evenly over the split, each epoch: image, truth, prediction.

    Those that the best epoch is worst at are kept beside, for ``segcli compare``.

    Args:
        count: How many images; 0 draws none.
        every_n_epochs: Draw in every n-th epoch, and in the last.
        worst: How many of the images with the lowest mIoU are kept in the folder ``worst``, at up to 320 px.

    Raises:
        ValueError: If ``count`` or ``worst`` is negative or ``every_n_epochs`` below 1.
    """

    def __init__(self, count: int = 4, every_n_epochs: int = 1, worst: int = 8) -> None:
        super().__init__()
        if min(count, worst) < 0 or every_n_epochs < 1:
            raise ValueError(
                f"pictures got count {count}, every_n_epochs {every_n_epochs} and worst {worst}, expected at least 0, "
                "1 and 0"
            )
        self.count, self.every_n_epochs, self.worst = count, every_n_epochs, WorstImages(worst)
        self._panels: list[Panel] = []

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forget the images of the evaluation before."""
        self.worst.reset()

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: object,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep what is to be drawn."""
        self._keep(trainer, pl_module, outputs, batch, batch_idx, trainer.num_val_batches[0])

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: object,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep what is to be drawn."""
        self._keep(trainer, pl_module, outputs, batch, batch_idx, trainer.num_test_batches[0])

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write ``predictions/epoch_<n>.png``, counted from 1, and the same to TensorBoard."""
        fitting = trainer.state.fn == "fit"
        self._draw(trainer, f"epoch_{trainer.current_epoch + 1:03d}" if fitting else "validate")

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write ``predictions/test.png``."""
        self._draw(trainer, "test")

    def _keep(
        self,
        trainer: pl.Trainer,
        module: pl.LightningModule,
        labels: object,
        batch: Batch,
        batch_idx: int,
        num_batches: int | float,
    ) -> None:
        """Keep the worst images, and so many of this batch that ``count`` come evenly from all batches."""
        if not trainer.is_global_zero or trainer.sanity_checking:
            return
        assert isinstance(labels, Tensor)
        if isinstance(module, SegmentationTask):
            self.worst.keep(batch, labels, module.evaluation.batch_matrices, _data(trainer).picture)
        if not self._is_due(trainer):
            return
        wanted = math.ceil(self.count * (batch_idx + 1) / num_batches) - len(self._panels)
        for image, mask, label in zip(batch["image"][: max(0, wanted)], batch["mask"], labels, strict=False):
            self._panels.append((_data(trainer).picture(image), _array(mask), _array(label)))

    def _is_due(self, trainer: pl.Trainer) -> bool:
        epoch = trainer.current_epoch + 1
        return trainer.state.fn != "fit" or epoch % self.every_n_epochs == 0 or epoch == trainer.max_epochs

    def _draw(self, trainer: pl.Trainer, name: str) -> None:
        panels, self._panels = self._panels, []
        if not panels:
            return
        data = _data(trainer)
        grid = comparison_grid(panels, data.palette, data.classes)
        buffer = io.BytesIO()
        grid.save(buffer, format="PNG")
        write_bytes(Path(trainer.default_root_dir) / PICTURES / f"{name}.png", buffer.getvalue())
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                logger.experiment.add_image("predictions", np.asarray(grid), trainer.global_step, dataformats="HWC")


def _data(trainer: pl.Trainer) -> SegmentationDataModule:
    data = trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...), not declared
    assert isinstance(data, SegmentationDataModule)
    return data


def _array(tensor: Tensor) -> NDArray[np.uint8]:
    return tensor.cpu().numpy().astype(np.uint8)

"""What a run is, said before it begins."""

from pathlib import Path

import pytorch_lightning as pl

from segcli.callbacks.timing import device_name
from segcli.config.output import say
from segcli.datamodules.segmentation_data_module import SegmentationDataModule

_STAGES = {"fit": "training", "validate": "validation", "test": "test", "predict": "prediction"}
_SPLITS = {"train": "training", "val": "validation", "test": "test", "predict": "prediction"}


class StartLines(pl.Callback):
    """Print folder, model, data and device once the data are listed, before they are hashed or anything is trained.

    Args:
        folder: Where the run writes.
        model: What it trains or loads, such as ``FPN on resnet50, 26.12 M parameters``.
    """

    def __init__(self, folder: Path, model: str) -> None:
        super().__init__()
        self._folder, self._model = folder, model

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Print, in the first process."""
        if not trainer.is_global_zero:
            return
        data = trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...), not declared
        assert isinstance(data, SegmentationDataModule)
        images = [f"{len(set_):,} {_SPLITS[split]}" for split, set_ in data.datasets.items()]
        device = device_name(trainer.strategy.root_device, trainer.world_size)
        lines = {
            "folder": self._folder,
            "model": self._model,
            "data": f"{type(data).__name__}, {' and '.join(images)} images",
            _STAGES[stage]: f"on {device}" + (_length(trainer, data) if stage == "fit" else ""),
        }
        for name, text in lines.items():
            say(f"{name:12}{text}")


def _length(trainer: pl.Trainer, data: SegmentationDataModule) -> str:
    """Return how long a training is, in epochs, or in steps where no epochs are given, and how long an epoch is."""
    all_batches, limit = len(data.train_dataloader()), trainer.limit_train_batches
    batches = min(limit, all_batches) if isinstance(limit, int) else int(limit * all_batches)
    of_all = f" of {all_batches:,}" if batches < all_batches else ""
    epochs, steps = trainer.max_epochs or -1, trainer.max_steps
    length = _number(epochs, "epoch") if epochs > 0 else _number(steps, "step") if steps > 0 else "without an end"
    between = " of" if epochs > 0 else ", an epoch of"
    devices = f" on each of {trainer.world_size} devices" if trainer.world_size > 1 else ""
    return f", {length}{between} {batches:,}{of_all} batches of {_number(data.batch_size, 'image')}{devices}"


def _number(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'' if count == 1 else 's'}"

"""What all datamodules here share: the four dataloaders."""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import albumentations as A
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from segcli.datamodules.class_names import require_class_names
from segcli.datamodules.downloaded import Downloaded
from segcli.datamodules.loaders import evaluation_loader, training_loader
from segcli.datamodules.native_images import require_native
from segcli.datasets.cached_split import use_cache
from segcli.datasets.class_counts import ClassCounts
from segcli.datasets.epoch_sampler import EpochSampler
from segcli.datasets.file_names import below
from segcli.datasets.folder_splits import named_groups
from segcli.datasets.group_pattern import GroupPattern, GroupPatternError
from segcli.datasets.image_file import CHANNELS, ImageMode
from segcli.datasets.known_class_counts import known_class_counts
from segcli.datasets.mask_check import HowMasks
from segcli.datasets.mask_targets import MaskTargets
from segcli.datasets.no_collection import no_collection
from segcli.datasets.sample_dataset import SampleDataset
from segcli.datasets.shown_channels import require_shown, shown_channels
from segcli.datasets.worker_count import Workers, worker_count
from segcli.processes import num_devices
from segcli.sample import DataError, Sample
from segcli.transforms.seeded_compose import SeededCompose

Split = Literal["train", "val", "test", "predict"]

SPLITS: dict[str, tuple[Split, ...]] = {
    "fit": ("train", "val"),
    "validate": ("val",),
    "test": ("test",),
    "predict": ("predict",),
}


class SegmentationDataModule(Downloaded, ABC):
    """Load batches of uint8 images and masks, the same ones for the same seed whatever the number of workers.

    The seed is that of Lightning's ``seed_everything``. Training batches hold ``batch_size`` images; what remains is
    left out of an epoch unless there is not one whole batch. Evaluation sees every image once, in batches of images
    of one size.

    Args:
        batch_size: Images per training batch and device.
        val_batch_size: Images per batch and device in evaluation and prediction; None for ``batch_size``.
        num_workers: Processes that load images: see :func:`segcli.datasets.worker_count.worker_count`.
        train_transforms: Albumentations transforms of training images and masks; None for none.
        val_transforms: Albumentations transforms in evaluation and prediction; None for none.
        group: Which images belong together: see :class:`segcli.datasets.group_pattern.GroupPattern`; None for
            ``usual_group``.

    Attributes:
        classes: Names of the classes; their positions are the indices in masks.
        palette: ``(K, 3)`` uint8 RGB colours of the classes.
        multilabel: Whether masks have a channel per class, for ``model.task: multilabel``.
        image_mode: Channels of the images; ``native`` for those of the files.
        display_channels: Of those that pictures show, red first, counted from 1; None for the first three.
        check_masks: Whether all masks are read before training, or only headers.
        cache: Where decoded samples are kept: see :func:`segcli.datasets.cached_split.use_cache`.
        workers: Processes that the latest loader has.
        datasets: The datasets that :meth:`setup` prepared, by split.
        folder: Of the data, which groups are named below; None where there is none.
        group: The pattern of groups that was asked for.
        usual_group: The pattern where none is asked for and it fits all images; None for no groups.

    Raises:
        ValueError: If ``batch_size`` or ``val_batch_size`` is below 1, ``num_workers`` below 0, or ``group`` wrong.
    """

    classes: tuple[str, ...]
    palette: NDArray[np.uint8]
    multilabel: bool = False
    image_mode: ImageMode = "RGB"
    display_channels: Sequence[int] | None = None
    check_masks: HowMasks = "all"
    cache: str = "off"
    usual_group: str | None = None

    def __init__(
        self,
        batch_size: int,
        val_batch_size: int | None,
        num_workers: Workers,
        train_transforms: Sequence[A.BasicTransform | A.BaseCompose] | None,
        val_transforms: Sequence[A.BasicTransform | A.BaseCompose] | None,
        group: str | None = None,
    ) -> None:
        super().__init__()
        self.batch_size = batch_size
        self.val_batch_size = batch_size if val_batch_size is None else val_batch_size
        if min(self.batch_size, self.val_batch_size) < 1 or (num_workers != "auto" and num_workers < 0):
            raise ValueError(
                f"data got batch_size {batch_size}, val_batch_size {val_batch_size}, num_workers {num_workers}, "
                "expected batches of at least 1 and workers of at least 0."
            )
        self.num_workers, self.workers = num_workers, 0
        self.train_transforms, self.val_transforms = train_transforms, val_transforms
        self.group = None if group is None else _pattern(group)
        self.datasets: dict[Split, SampleDataset] = {}
        self._begin = (0, 0)

    @abstractmethod
    def make_dataset(self, split: Split, transform: SeededCompose) -> SampleDataset:
        """Return the dataset of one split; that of ``"predict"`` needs neither masks nor other splits.

        Raises:
            DataError: If the split is missing, empty, or its files are at fault.
        """

    def unused_files(self) -> list[Path]:
        """Return files in the folder of the data set that no split uses of those that were prepared."""
        return []

    def check_settings(self) -> None:
        """Refuse transforms that interpolate masks or cannot take ``data.image_mode``, and names and channels at fault.

        Reads no files.

        Raises:
            DataError: If there is one; names its key.
        """
        require_class_names(self.classes, "classes")
        self.check_download()
        require_shown(self.display_channels, self.image_mode)
        for split in SPLITS["fit"]:
            self._transform(split)

    def require_channels(self, channels: int) -> None:
        """Refuse transforms that cannot take images of so many channels.

        Raises:
            DataError: If there is one; names its key.
        """
        for split in SPLITS["fit"]:
            self._transform(split).require_channels(channels)

    def _transform(self, split: Split) -> SeededCompose:
        name = "train_transforms" if split == "train" else "val_transforms"
        seed = int(os.environ.get("PL_GLOBAL_SEED", "0"))
        num_values = 2 if self.multilabel else len(self.classes)
        transform = SeededCompose(getattr(self, name), seed, num_values, f"data.{name}")
        if self.image_mode in CHANNELS:
            transform.require_channels(CHANNELS[self.image_mode])
        return transform

    def setup(self, stage: str) -> None:
        """Prepare the splits of a stage of Lightning's, and no others.

        Args:
            stage: ``"fit"``, ``"validate"``, ``"test"`` or ``"predict"``.

        Raises:
            DataError: As :meth:`prepare` does.
        """
        self.require_folder(stage)
        with no_collection():
            for split in SPLITS[stage]:
                self.prepare(split)

    def prepare(self, split: Split) -> None:
        """Prepare one split.

        Raises:
            NoSplitError: If the data set has no images of that split.
            DataError: If files are missing or at fault, a class has no name, or ``val_transforms`` would crop or pad
                predictions.
        """
        require_class_names(self.classes, "classes")
        transform = self._transform(split)
        moving = transform.moves_pixels()
        if split == "predict" and moving:
            raise DataError(
                f"predict got {', '.join(moving)} in data.val_transforms, expected transforms that keep the whole "
                "image in place: predictions have the image's own size. Remove them; images of any size work."
            )
        dataset = self.make_dataset(split, transform)
        require_native(dataset, transform, self.display_channels, self.datasets.values())
        self.datasets[split] = dataset
        if split != "predict":
            self.groups(split)  # a pattern that does not fit is told before the first epoch

    def picture(self, image: torch.Tensor) -> NDArray[np.uint8]:
        """Return what pictures show of an image ``(C, H, W)``: ``(H, W, 3)`` uint8, or ``(H, W)`` of one channel."""
        return shown_channels(image.permute(1, 2, 0).cpu().numpy(), self.display_channels)

    def class_counts(self) -> ClassCounts:
        """Count the pixels of every class in the masks of the training split, which was prepared, or know them.

        Raises:
            DataError: If a mask is at fault.
        """
        return known_class_counts(self.datasets["train"], self.classes)

    def compute_targets(self, targets: MaskTargets | None) -> None:
        """Let the loaders of splits that were prepared compute what the loss asks for; None for nothing.

        It happens in the worker processes; with ``num_workers`` 0, in the main process, where it saves no time.
        """
        for dataset in self.datasets.values():
            dataset.mask_targets = targets

    def groups(self, split: Split) -> tuple[str, list[str]] | None:
        """Return the pattern and the group of every image of a prepared split, in order; None where there are none.

        Raises:
            DataError: If ``group`` does not fit an image.
        """
        if self.group is None and self.usual_group is None:
            return None
        paths = self._paths_in_folder(split)
        if self.group is not None:
            return self.group.text, named_groups(self.group, paths)
        usual = None if self.usual_group is None else GroupPattern(self.usual_group)
        found = [] if usual is None else [name for path in paths if (name := usual.group(path)) is not None]
        return (usual.text, found) if usual is not None and len(found) == len(paths) else None

    def _paths_in_folder(self, split: Split) -> list[str]:
        dataset = self.datasets[split]
        folder = self.folder
        if folder is None:
            return dataset.ids()
        return [below(path, str(folder)) for path in dataset.grouped_paths()]

    def state_dict(self) -> dict[str, int]:
        """Return the epoch to resume with and how many of its steps are done, for a checkpoint."""
        if self.trainer is None:
            return {}
        loop = self.trainer.fit_loop
        epochs, batches = loop.epoch_progress.state_dict()["current"], loop.epoch_loop.batch_progress.state_dict()
        is_complete = epochs["processed"] == epochs["ready"]
        step = 0 if is_complete else batches["current"]["processed"]
        return {"epoch": epochs["processed"], "step": step, "step_size": self._step_size}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Let the next training resume there.

        Raises:
            DataError: If the checkpoint is from within an epoch whose steps had another number of images.
        """
        if state_dict["step"] and state_dict["step_size"] != self._step_size:
            raise DataError(
                f"the checkpoint is from within an epoch with {state_dict['step_size']} images per step over all "
                f"devices, now there are {self._step_size}; resume with as many devices, or from a checkpoint at the "
                "end of an epoch."
            )
        self._begin = state_dict["epoch"], state_dict["step"]

    @property
    def _step_size(self) -> int:
        return self.batch_size * num_devices()

    def train_dataloader(self) -> DataLoader[Sample]:
        """Return shuffled batches of ``batch_size`` images."""
        dataset, workers = self._ready("train")
        sampler = EpochSampler(len(dataset), self.batch_size, int(os.environ.get("PL_GLOBAL_SEED", "0")))
        sampler.begin_at(*self._begin)
        return training_loader(dataset, sampler, self.batch_size, self._batches_of_step, workers)

    def val_dataloader(self) -> DataLoader[list[Sample]]:
        """Return all validation images in batches of equal sizes."""
        return self._evaluation_loader("val")

    def test_dataloader(self) -> DataLoader[list[Sample]]:
        """Return all test images in batches of equal sizes."""
        return self._evaluation_loader("test")

    def predict_dataloader(self) -> DataLoader[list[Sample]]:
        """Return all images to predict in batches of equal sizes."""
        return self._evaluation_loader("predict")

    def _batches_of_step(self, position: int) -> int:
        """Return how many batches the optimizer step has that begins at a batch of an epoch; 1 if none does."""
        if self.trainer is None or position % self.trainer.accumulate_grad_batches:
            return 1
        return int(min(self.trainer.accumulate_grad_batches, self.trainer.num_training_batches - position))

    def _ready(self, split: Split) -> tuple[SampleDataset, int]:
        """Return a prepared split, read from a cache where it is to be, and the number of processes that load it."""
        dataset, trainer = self.datasets[split], self.trainer
        use_cache(dataset, self.cache)
        on_cpu = trainer is None or trainer.strategy.root_device.type == "cpu"
        devices = 1 if trainer is None else trainer.num_devices
        self.workers = worker_count(self.num_workers, devices, on_cpu, dataset.cache is not None)
        return dataset, self.workers

    def _evaluation_loader(self, split: Split) -> DataLoader[list[Sample]]:
        dataset, workers = self._ready(split)
        return evaluation_loader(dataset, self.val_batch_size, workers)


def _pattern(text: str) -> GroupPattern:
    try:
        return GroupPattern(text)
    except GroupPatternError as error:
        raise ValueError(f"data.group {error}.") from None

"""Own images whose pixels may be of several classes, or of none: a folder of masks per class."""

from functools import partial
from pathlib import Path
from typing import Literal

import albumentations as A

from segcli.datamodules.class_names import require_class_names
from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.datasets.folder_splits import FolderSplits
from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.pairing import pair_label_files
from segcli.datasets.palette import default_palette
from segcli.datasets.record import unlabelled, with_class_files
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.record_labels import ClassFileLabels
from segcli.datasets.sample_dataset import SampleDataset
from segcli.sample import DataError
from segcli.transforms.seeded_compose import SeededCompose

NO_FOLDERS = ("", ".", "..", "overlays")


class MultilabelFolderDataModule(SegmentationDataModule):
    """Load images, and for every class a mask of the same name from the folder of that class.

    For ``model.task: multilabel``. Masks of the class ``lung`` are ``root/labels/lung/NAME.png``, with 0 where a pixel
    is not of the class and 1 or 255 where it is. Splits are those of ``FolderDataModule``: folders where there are some
    (``root/train/images`` and ``root/train/labels/lung``, or ``root/images/train`` and ``root/labels/train/lung``),
    otherwise by hashes of the images' names. Predicts the images in ``root/image_dir`` if that exists, else those in
    ``root``, each with its sub-folders; needs no masks for that.

    Args:
        root: Folder of the data set.
        classes: Names of the classes, each a folder in ``mask_dir``.
        image_dir: Name of the folder with images.
        mask_dir: Name of the folder with a folder of masks for every class.
        ignore_values: Mask values that no loss and no metric sees, for that class and pixel. If 255 is listed, only 1
            means that a pixel is of the class.
        missing_masks: Whether a mask that is missing is an ``error``, or ``empty``: the class is not in that image.
        val_fraction: Share of images to validate with where there is no val folder, 0 to below 1. Above 0, it is at
            least one image.
        test_fraction: Share of images to test with where there is no test folder, 0 to below 1. Above 0, it is at
            least one image.
        split_seed: Seed of the split and of the choice that ``limit`` makes.
        limit: At most this many training images, the first by hash; a smaller limit gives a subset. None for all.
        image_mode: Channels that images are converted to: 3, 1 or 4; ``native``: see ``PatternDataModule``.
        batch_size: Images per training batch and device.
        val_batch_size: Images per batch and device in evaluation and prediction; None for ``batch_size``.
        num_workers: Processes that load images; 0 loads in the main process; ``auto`` chooses by device, cores and
            cache: none on a CPU.
        train_transforms: Albumentations transforms of training images and masks; ``fill_mask: 255`` in one that pads
            leaves the padding out of loss and metrics. None for none.
        val_transforms: Albumentations transforms in evaluation and prediction; None for none.
        group: Which images belong together, such as the frames of a clip: a pattern over their paths below ``root``,
            without the suffix, whose fields name the group: ``"{clip}_*"``, ``"{patient}/*"``. A split by hashes keeps
            groups together, and ``compare`` goes by them. None for every image by itself.
        check_masks: Before the first epoch, read ``all`` masks that no earlier run found right and name every bad one;
            or compare sizes in their ``headers``, as ``run.fingerprint: sizes`` does, too.
        display_channels: Of ``native`` images, the channels that pictures show: see ``PatternDataModule``.
        cache: Where decoded images and masks are kept: a folder; or ``auto``, for the user's cache folder,
            if a split takes 16 MiB to 2 GiB there; ``off`` to decode each time. What was changed is decoded anew.

    Raises:
        DataError: If ``classes`` is empty, or a name is there twice or no name of a folder; in ``setup``, if files are
            missing or at fault.
    """

    multilabel = True

    def __init__(
        self,
        root: str,
        classes: list[str],
        image_dir: str = "images",
        mask_dir: str = "labels",
        ignore_values: list[int] | None = None,
        missing_masks: Literal["error", "empty"] = "error",
        val_fraction: float = 0.2,
        test_fraction: float = 0.0,
        split_seed: int = 0,
        limit: int | None = None,
        image_mode: Literal["RGB", "L", "RGBA", "native"] = "RGB",
        batch_size: int = 8,
        val_batch_size: int | None = None,
        num_workers: int | Literal["auto"] = "auto",
        train_transforms: list[A.BasicTransform | A.BaseCompose] | None = None,
        val_transforms: list[A.BasicTransform | A.BaseCompose] | None = None,
        group: str | None = None,
        check_masks: Literal["all", "headers"] = "all",
        display_channels: list[int] | None = None,
        cache: str = "auto",
    ) -> None:
        super().__init__(batch_size, val_batch_size, num_workers, train_transforms, val_transforms, group)
        self.check_masks, self.cache = check_masks, cache
        self.folder = Path(root)
        self.splits = FolderSplits(
            self.folder, image_dir, mask_dir, val_fraction, test_fraction, split_seed, limit, self.group
        )
        self.classes = _folder_names(classes)
        self.palette = default_palette(len(classes) + 1)[1:]  # its first is for a background
        indices = {name: index for index, name in enumerate(self.classes)}
        self._labels = ClassFileLabels(indices, len(indices), multilabel=True, ignore_values=ignore_values or ())
        self.image_mode, self.display_channels = image_mode, display_channels
        self.missing_masks = missing_masks

    def unused_files(self) -> list[Path]:
        """Return files in the folder of the data set that no split uses of those that were prepared."""
        return self.splits.unused()

    def make_dataset(self, split: Split, transform: SeededCompose) -> SampleDataset:
        """Return the dataset of one split.

        Raises:
            DataError: If a folder is missing or empty, images and masks do not pair up, or the split has no images.
        """
        if split == "predict":
            return ImageDataset(unlabelled(self.splits.to_predict()), transform, self.image_mode)
        pair = partial(pair_label_files, classes=self.classes, may_lack=self.missing_masks == "empty")
        records = with_class_files(self.splits.pairs(split, pair), self.classes)
        return RecordDataset(records, self._labels, transform, self.image_mode)


def _folder_names(classes: list[str]) -> tuple[str, ...]:
    """Return the names of the classes if each can be a folder, also among predictions beside the overlays."""
    odd = [name for name in classes if name in NO_FOLDERS or Path(name).name != name or classes.count(name) > 1]
    if odd or not classes:
        raise DataError(
            f"data.classes got {classes}, expected at least one, each once and each the name of a folder in "
            "data.mask_dir, other than 'overlays'; rename the folders, or correct it."
        )
    require_class_names(classes, "data.classes")
    return tuple(classes)

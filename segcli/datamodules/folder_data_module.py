"""Own images: a folder of images and a folder of masks."""

from pathlib import Path
from typing import Literal

import albumentations as A

from segcli.datamodules.class_names import require_class_names
from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.datasets.folder_splits import FolderSplits
from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.label_mapping import LabelMapping
from segcli.datasets.pairing import pair_files
from segcli.datasets.palette import default_palette
from segcli.datasets.sample_dataset import SampleDataset
from segcli.datasets.segmentation_dataset import SegmentationDataset
from segcli.sample import DataError
from segcli.transforms.seeded_compose import SeededCompose


class FolderDataModule(SegmentationDataModule):
    """Load images and masks of equal names from two folders.

    With folders per split (``root/train/images`` or ``root/images/train``, and so on) these are used. Otherwise, and
    for a split without a folder, images are ranked by hashes of their names: the first are for testing, the next for
    validation, the rest for training. So the fractions are exact, and an image that is added moves at most one other
    across each border. Predicts the images in ``root/image_dir`` if that exists, else those in ``root``, each with its
    sub-folders; needs no masks for that.

    Args:
        root: Folder of the data set.
        image_dir: Name of the folder with images.
        mask_dir: Name of the folder with masks.
        classes: Names of the classes; without ``mask_values``, their positions are the mask's values.
        mask_values: Mask value to class name, e.g. ``{0: background, 255: cell}``. Several values may share a class.
            The order of first mention gives the classes' order unless ``classes`` does.
        ignore_values: Mask values that no loss and no metric sees. 255 is one only if it is listed.
        val_fraction: Share of images to validate with where there is no val folder, 0 to below 1. Above 0, it is at
            least one image.
        test_fraction: Share of images to test with where there is no test folder, 0 to below 1. Above 0, it is at
            least one image.
        split_seed: Seed of the split and of the choice that ``limit`` makes.
        limit: At most this many training images, the first by hash; a smaller limit gives a subset. None for all.
        image_mode: Channels that images are converted to: 3, 1 or 4.
        batch_size: Images per training batch and device.
        val_batch_size: Images per batch and device in evaluation and prediction; None for ``batch_size``.
        num_workers: Processes that load images; 0 loads in the main process.
        train_transforms: Albumentations transforms of training images and masks; ``fill_mask: 255`` in one that pads
            leaves the padding out of loss and metrics. None for none.
        val_transforms: Albumentations transforms in evaluation and prediction; None for none.
        group: Which images belong together, such as the frames of a clip: a pattern over their paths below ``root``,
            without the suffix, whose fields name the group: ``"{clip}_*"``, ``"{patient}/*"``. A split by hashes keeps
            groups together, and ``compare`` goes by them. None for every image by itself.
        check_masks: Before the first epoch, read ``all`` masks that no earlier run found right and name every bad one;
            or compare sizes in their ``headers``, as ``run.fingerprint: sizes`` does, too.

    Raises:
        DataError: If neither ``classes`` nor ``mask_values`` is given or they disagree; in ``setup``, if files are
            missing or at fault.
    """

    def __init__(
        self,
        root: str,
        image_dir: str = "images",
        mask_dir: str = "labels",
        classes: list[str] | None = None,
        mask_values: dict[int, str] | None = None,
        ignore_values: list[int] | None = None,
        val_fraction: float = 0.2,
        test_fraction: float = 0.0,
        split_seed: int = 0,
        limit: int | None = None,
        image_mode: Literal["RGB", "L", "RGBA"] = "RGB",
        batch_size: int = 8,
        val_batch_size: int | None = None,
        num_workers: int = 0,
        train_transforms: list[A.BasicTransform | A.BaseCompose] | None = None,
        val_transforms: list[A.BasicTransform | A.BaseCompose] | None = None,
        group: str | None = None,
        check_masks: Literal["all", "headers"] = "all",
    ) -> None:
        super().__init__(batch_size, val_batch_size, num_workers, train_transforms, val_transforms, group)
        self.check_masks = check_masks
        self.folder = Path(root)
        self.splits = FolderSplits(
            self.folder, image_dir, mask_dir, val_fraction, test_fraction, split_seed, limit, self.group
        )
        self.image_mode = image_mode
        self.classes, indices = _classes(classes, mask_values)
        self.labels = LabelMapping(indices, ignore_values or ())
        self.palette = default_palette(len(self.classes))

    def unused_files(self) -> list[Path]:
        """Return files in the folder of the data set that no split uses of those that were prepared."""
        return self.splits.unused()

    def make_dataset(self, split: Split, transform: SeededCompose) -> SampleDataset:
        """Return the dataset of one split.

        Raises:
            DataError: If a folder is missing or empty, images and masks do not pair up, or the split has no images.
        """
        if split == "predict":
            return ImageDataset(self.splits.to_predict(), transform, self.image_mode)
        return SegmentationDataset(self.splits.pairs(split, pair_files), self.labels, transform, self.image_mode)


def _classes(classes: list[str] | None, mask_values: dict[int, str] | None) -> tuple[tuple[str, ...], dict[int, int]]:
    """Return the names of the classes, and mask value to class index."""
    if not classes and not mask_values:
        raise DataError(
            "FolderDataModule got neither classes nor mask_values; name what the mask's values mean, e.g. "
            "data.mask_values: {0: background, 255: cell}, or data.classes: [background, cell] for values 0 and 1."
        )
    if classes:
        require_class_names(classes, "data.classes")
    else:
        require_class_names(list(dict.fromkeys((mask_values or {}).values())), "data.mask_values")
    if mask_values is None:
        mask_values = dict(enumerate(classes or ()))
    names = tuple(dict.fromkeys(classes or mask_values.values()))
    if set(names) != set(mask_values.values()):
        raise DataError(
            f"FolderDataModule got data.classes {classes} and data.mask_values {mask_values}, expected the same names "
            "in both; give only mask_values, or correct one."
        )
    return names, {value: names.index(name) for value, name in mask_values.items()}

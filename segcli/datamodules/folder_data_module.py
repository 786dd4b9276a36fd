"""Own images: a folder of images and a folder of masks."""

from typing import Literal

import albumentations as A

from segcli.datamodules.pattern_data_module import PatternDataModule


class FolderDataModule(PatternDataModule):
    """Load images and masks of equal names from two folders: the short form of ``PatternDataModule``.

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
        mask_values: Mask value to class name, e.g. ``{0: background, 255: cell}``, or colour to class name, e.g.
            ``{"#000000": background, "#ff0000": cell}``, where a viewer's colours are meant. Several may share a class.
            The order of first mention gives the classes' order unless ``classes`` does.
        ignore_values: Mask values, or colours, that no loss and no metric sees. 255 is one only if it is listed.
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
        DataError: If neither ``classes`` nor ``mask_values`` is given or they disagree; in ``setup``, if files are
            missing or at fault.
    """

    def __init__(
        self,
        root: str,
        image_dir: str = "images",
        mask_dir: str = "labels",
        classes: list[str] | None = None,
        mask_values: dict[int | str, str] | None = None,
        ignore_values: list[int | str] | None = None,
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
        super().__init__(
            root,
            image_dir=image_dir,
            mask_dir=mask_dir,
            classes=classes,
            mask_values=mask_values,
            ignore_values=ignore_values,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            split_seed=split_seed,
            limit=limit,
            image_mode=image_mode,
            batch_size=batch_size,
            val_batch_size=val_batch_size,
            num_workers=num_workers,
            train_transforms=train_transforms,
            val_transforms=val_transforms,
            group=group,
            check_masks=check_masks,
            display_channels=display_channels,
            cache=cache,
        )

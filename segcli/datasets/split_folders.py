"""Recognise how a folder of images and masks is laid out."""

from pathlib import Path

from segcli.sample import DataError

SPLITS = ("train", "val", "test")
NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
"""What folders of splits are called, in small or capital letters."""
_MISNAMED = ("dev", "devel", "development", "eval", "evaluation", "validate")


def split_folders(root: Path, image_dir: str, mask_dir: str) -> dict[str, tuple[Path, Path]]:
    """Return ``(images, masks)`` folders of every split that has a folder of its own.

    Two layouts are known, ``root/train/images`` and ``root/images/train``; the first is looked for first. An empty
    result means that images and masks are not split: they lie in ``root/images`` and ``root/labels``.

    Args:
        root: Folder of the data set.
        image_dir: Name of the folders with images.
        mask_dir: Name of the folders with masks.

    Raises:
        DataError: If two folders are of one split, such as ``val`` and ``valid``, or one for validation, such as
            ``dev``, is not called so.
    """
    outer = {split: (folder / image_dir, folder / mask_dir) for split, folder in _named(root, image_dir).items()}
    if outer:
        return outer
    masks = _named(root / mask_dir)
    images = _named(root / image_dir)
    return {split: (images[split], masks.get(split, root / mask_dir / images[split].name)) for split in images}


def _refuse_misnamed(parent: Path, inside: str) -> None:
    """Refuse a folder that is meant for validation: its images would not be used, and others be taken from train."""
    for folder in sorted(parent.iterdir()):
        if folder.name.casefold() in _MISNAMED and (folder / inside).is_dir():
            raise DataError(
                f"{folder} is no split by its name: folders for validation are called val, valid or validation. Rename "
                f"it, or, if it is for something else, to any other name; images to validate with then come from train."
            )


def _named(parent: Path, inside: str = "") -> dict[str, Path]:
    """Return the folders of a parent that are called like splits and hold ``inside``, in the order of the splits."""
    found: dict[str, Path] = {}
    for folder in sorted(parent.iterdir()) if parent.is_dir() else []:
        split = NAMES.get(folder.name.casefold())
        if split is None or not (folder / inside).is_dir():
            continue
        if split in found:
            raise DataError(f"{found[split]} and {folder} are both folders of the split {split}; rename or merge one.")
        found[split] = folder
    if "train" in found and "val" not in found:
        _refuse_misnamed(parent, inside)
    return {split: found[split] for split in SPLITS if split in found}

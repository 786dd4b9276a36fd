"""Recognise how a folder of images and masks is laid out."""

import os
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
NAMED_SO = "folders of splits are called train (training), val (valid, validation) and test (testing)"
_MISNAMED = ("dev", "devel", "development", "eval", "evaluation", "validate")
_MOST = 5


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


def unread_hint(root: Path, image_dir: str) -> str:
    """Say what folders of splits are called, where others lie beside them or in their place, as a sentence of its own.

    Args:
        root: Folder of the data set.
        image_dir: Name of the folders with images.
    """
    outer, inner = _others(root, image_dir), _others(root / image_dir)
    has_inner = len(inner) < len(_folders(root / image_dir))
    found = outer or (inner if has_inner else [])
    names = ", ".join(folder.relative_to(root).as_posix() for folder in found[:_MOST])
    return f"\n  {NAMED_SO}; not read: {names}.".replace("folders", "Folders", 1) if found else ""


def _others(parent: Path, inside: str = "") -> list[Path]:
    """Return the folders of a parent that hold ``inside`` and are not called like splits."""
    return [each for each in _folders(parent) if each.name.casefold() not in NAMES and (each / inside).is_dir()]


def _folders(parent: Path) -> list[Path]:
    """Return the folders in a folder; entries of a scan know what they are, which spares looking at every file."""
    if not parent.is_dir():
        return []
    with os.scandir(parent) as entries:
        return sorted(parent / entry.name for entry in entries if entry.is_dir())


def _refuse_misnamed(parent: Path, inside: str) -> None:
    """Refuse a folder that is meant for validation: its images would not be used, and others be taken from train."""
    for folder in _folders(parent):
        if folder.name.casefold() in _MISNAMED and (folder / inside).is_dir():
            raise DataError(
                f"{folder} is no split by its name: folders for validation are called val, valid or validation. Rename "
                f"it, or, if it is for something else, to any other name; images to validate with then come from train."
            )


def _named(parent: Path, inside: str = "") -> dict[str, Path]:
    """Return the folders of a parent that are called like splits and hold ``inside``, in the order of the splits."""
    found: dict[str, Path] = {}
    for folder in _folders(parent):
        split = NAMES.get(folder.name.casefold())
        if split is None or not (folder / inside).is_dir():
            continue
        if split in found:
            raise DataError(f"{found[split]} and {folder} are both folders of the split {split}; rename or merge one.")
        found[split] = folder
    if "train" in found and "val" not in found:
        _refuse_misnamed(parent, inside)
    return {split: found[split] for split in SPLITS if split in found}

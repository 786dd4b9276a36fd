"""Recognise how a folder of images and masks is laid out."""

from pathlib import Path

SPLITS = ("train", "val", "test")


def split_folders(root: Path, image_dir: str, mask_dir: str) -> dict[str, tuple[Path, Path]]:
    """Return ``(images, masks)`` folders of every split that has a folder of its own.

    Two layouts are known, ``root/train/images`` and ``root/images/train``; the first is looked for first. An empty
    result means that images and masks are not split: they lie in ``root/images`` and ``root/labels``.

    Args:
        root: Folder of the data set.
        image_dir: Name of the folders with images.
        mask_dir: Name of the folders with masks.
    """
    outer = {split: (root / split / image_dir, root / split / mask_dir) for split in SPLITS}
    inner = {split: (root / image_dir / split, root / mask_dir / split) for split in SPLITS}
    for layout in (outer, inner):
        found = {split: folders for split, folders in layout.items() if folders[0].is_dir()}
        if found:
            return found
    return {}

"""Find the images of a folder, and the mask of every image."""

from collections.abc import Sequence
from pathlib import Path

from segcli.datasets.raster_file import EXTENSIONS
from segcli.sample import DataError


def find_images(folder: Path) -> list[Path]:
    """Return the image files directly in ``folder``, sorted by name; hidden files and other files are left out.

    Raises:
        DataError: If the folder is missing or holds no image; lists what is there.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is missing or no folder; {listing(nearest(folder))}.")
    images = image_files(folder)
    if not images:
        raise DataError(f"{folder} has no image files (such as .png or .jpg); {listing(folder)}.")
    return images


def image_files(folder: Path) -> list[Path]:
    """Return the image files directly in an existing folder, sorted by name; there may be none."""
    visible = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return sorted(path for path in visible if path.suffix.lower() in EXTENSIONS)


def pair_files(image_dir: Path, mask_dir: Path) -> list[tuple[Path, Path]]:
    """Return ``(image, mask)`` for every image, by equal names without extension, sorted.

    Raises:
        DataError: If a folder is missing or empty, an image has no mask or the reverse, or two files share a name.
    """
    images, masks = _by_stem(image_dir), _by_stem(mask_dir)
    _refuse_lonely([images[s] for s in images if s not in masks], "images have no mask", mask_dir)
    _refuse_lonely([masks[s] for s in masks if s not in images], "masks have no image", image_dir)
    return [(images[stem], masks[stem]) for stem in sorted(images)]


def pair_label_files(
    image_dir: Path, mask_dir: Path, classes: Sequence[str], may_lack: bool = False
) -> list[tuple[Path, Sequence[Path | None]]]:
    """Return every image with one mask per class, by equal names without extension, sorted.

    Args:
        image_dir: Folder of the images.
        mask_dir: Folder that holds a folder of masks for every class.
        classes: Names of those folders.
        may_lack: Whether an image may have no mask for a class; None stands for it.

    Raises:
        DataError: If a folder is missing, an image has no mask though it may not lack it, a mask has no image, or two
            files of a folder share a name.
    """
    images = _by_stem(image_dir)
    by_class = []
    for folder in (mask_dir / name for name in classes):
        if not folder.is_dir():
            raise DataError(
                f"{folder} is missing: there must be a folder of masks for every class; {listing(nearest(folder))}.\n"
                "  Correct data.mask_dir or data.classes."
            )
        masks = _by_stem(folder, may_be_empty=may_lack)
        _refuse_lonely([masks[s] for s in masks if s not in images], "masks have no image", image_dir)
        if not may_lack:
            _refuse_lonely(
                [images[s] for s in images if s not in masks],
                "images have no mask",
                folder,
                "; or set data.missing_masks: empty, if a missing file means that the class does not occur",
            )
        by_class.append(masks)
    return [(images[stem], [masks.get(stem) for masks in by_class]) for stem in sorted(images)]


def nearest(folder: Path) -> Path:
    """Return the folder itself or the closest of its parents that exists."""
    return next((path for path in (folder, *folder.parents) if path.is_dir()), Path())


def listing(folder: Path) -> str:
    """Say in a few words what lies in a folder."""
    entries = sorted(path.name + "/" * path.is_dir() for path in folder.iterdir() if not path.name.startswith("."))
    return f"{folder} contains {_few(entries)}" if entries else f"{folder} is empty"


def _by_stem(folder: Path, may_be_empty: bool = False) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in image_files(folder) if may_be_empty else find_images(folder):
        if path.stem in found:
            raise DataError(f"{found[path.stem]} and {path} share the name {path.stem!r}; rename or remove one.")
        found[path.stem] = path
    return found


def _refuse_lonely(paths: Sequence[Path], what: str, searched: Path, way_out: str = "") -> None:
    if paths:
        raise DataError(
            f"{len(paths)} {what} of the same name in {searched}: {_few([path.name for path in paths])} "
            f"({paths[0].parent}).\n"
            f"  Names must be equal up to the extension; add the missing files or move these out{way_out}."
        )


def _few(names: Sequence[str], shown: int = 5) -> str:
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")

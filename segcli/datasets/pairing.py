"""Find the images of a folder, and the mask of every image."""

from collections.abc import Sequence
from pathlib import Path

from segcli.datasets.image_file import EXTENSIONS
from segcli.sample import DataError


def find_images(folder: Path) -> list[Path]:
    """Return the image files directly in ``folder``, sorted by name; hidden files and other files are left out.

    Raises:
        DataError: If the folder is missing or holds no image; lists what is there.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is missing or no folder; {listing(nearest(folder))}.")
    visible = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    images = [path for path in visible if path.suffix.lower() in EXTENSIONS]
    if not images:
        raise DataError(f"{folder} has no image files (such as .png or .jpg); {listing(folder)}.")
    return sorted(images)


def pair_files(image_dir: Path, mask_dir: Path) -> list[tuple[Path, Path]]:
    """Return ``(image, mask)`` for every image, by equal names without extension, sorted.

    Raises:
        DataError: If a folder is missing or empty, an image has no mask or the reverse, or two files share a name.
    """
    images, masks = _by_stem(image_dir), _by_stem(mask_dir)
    _refuse_lonely([images[s] for s in images if s not in masks], "images have no mask", mask_dir)
    _refuse_lonely([masks[s] for s in masks if s not in images], "masks have no image", image_dir)
    return [(images[stem], masks[stem]) for stem in sorted(images)]


def nearest(folder: Path) -> Path:
    """Return the folder itself or the closest of its parents that exists."""
    return next((path for path in (folder, *folder.parents) if path.is_dir()), Path())


def listing(folder: Path) -> str:
    """Say in a few words what lies in a folder."""
    entries = sorted(path.name + "/" * path.is_dir() for path in folder.iterdir() if not path.name.startswith("."))
    return f"{folder} contains {_few(entries)}" if entries else f"{folder} is empty"


def _by_stem(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in find_images(folder):
        if path.stem in found:
            raise DataError(f"{found[path.stem]} and {path} share the name {path.stem!r}; rename or remove one.")
        found[path.stem] = path
    return found


def _refuse_lonely(paths: Sequence[Path], what: str, searched: Path) -> None:
    if paths:
        raise DataError(
            f"{len(paths)} {what} of the same name in {searched}: {_few([path.name for path in paths])} "
            f"({paths[0].parent}).\n  Names must be equal up to the extension; add the missing files or move these out."
        )


def _few(names: Sequence[str], shown: int = 5) -> str:
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")

"""Find the images of a folder, and the mask of every image."""

import os
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from segcli.datasets.file_names import below, in_order, is_in_utf8, without_suffix
from segcli.datasets.pairing_advice import naming_advice, one_folder_advice
from segcli.datasets.raster_file import EXTENSIONS, VOLUMES
from segcli.sample import DataError

_FOREIGN = "__MACOSX"


def find_images(folder: Path, without: Path | None = None, extensions: Collection[str] = ()) -> list[Path]:
    """Return the image files in ``folder`` and its sub-folders, sorted; hidden files and other files are left out.

    Args:
        folder: Where to look.
        without: A folder inside that is left out, such as that of the masks.
        extensions: Of other files that count as images, in small letters.

    Raises:
        DataError: If the folder is missing or holds no image; lists what is there.
    """
    return [Path(name) for name in find_names(folder, without, extensions)]


def find_names(folder: Path, without: Path | None = None, extensions: Collection[str] = ()) -> list[str]:
    """Return the same as text.

    Args:
        folder: As of :func:`find_images`.
        without: Likewise.
        extensions: Likewise.

    Raises:
        DataError: As there.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is missing or no folder; {listing(nearest(folder))}.")
    images = image_names(folder, without, extensions)
    if not images:
        raise DataError(f"{folder} has no image files (such as .png or .jpg); {listing(folder)}.")
    return images


def image_files(folder: Path, without: Path | None = None) -> list[Path]:
    """Return the image files in an existing folder and its sub-folders, sorted; there may be none.

    Raises:
        DataError: If the name of one is no text, since records of the run are to name it.
    """
    return [Path(name) for name in image_names(folder, without)]


def image_names(folder: Path, without: Path | None = None, extensions: Collection[str] = ()) -> list[str]:
    """Return the same as text.

    Args:
        folder: As of :func:`image_files`.
        without: Likewise.
        extensions: Of other files that count as images, in small letters.

    Raises:
        DataError: As there.
    """
    found = in_order(
        name for name in names_below(folder, without) if is_image(name) or extension_of(name) in extensions
    )
    for name in found:
        if not is_in_utf8(name):
            raise DataError(f"{name} has a name that is not UTF-8; rename it.")
    return found


def is_image(path: Path | str) -> bool:
    """Return whether a file is called like an image."""
    text = os.fspath(path)
    return extension_of(text) in EXTENSIONS or text.lower().endswith(VOLUMES)


def extension_of(name: str) -> str:
    """Return the last extension of a file, with its dot and in small letters; empty where it has none."""
    return name[len(without_suffix(name)) :].lower()


def files_below(folder: Path, without: Path | None = None, each_folder_once: bool = True) -> Iterator[Path]:
    """Yield the visible files in a folder and its sub-folders, through symbolic links.

    Args:
        folder: Where to look.
        without: A folder inside that is left out.
        each_folder_once: Whether to see a folder under one name only, if links give it several; without, only links to
            a folder above them are left out.
    """
    return map(Path, names_below(folder, without, each_folder_once))


def names_below(folder: Path, without: Path | None = None, each_folder_once: bool = True) -> Iterator[str]:
    """Yield the same as text.

    Args:
        folder: As of :func:`files_below`.
        without: Likewise.
        each_folder_once: Likewise.
    """
    left_out = without.resolve() if without is not None else None
    everywhere, above = set[tuple[int, int]](), dict[Path, frozenset[tuple[int, int]]]()
    for parent, folders, files in os.walk(folder, followlinks=True):
        place, about = Path(parent), Path(parent).stat()
        identity, known = (about.st_dev, about.st_ino), above.get(place.parent, frozenset())
        if identity in (everywhere if each_folder_once else known):
            folders.clear()
            continue
        everywhere.add(identity)
        above[place] = known | {identity}
        visible = [name for name in folders if not name.startswith(".") and name != _FOREIGN]
        folders[:] = [name for name in visible if left_out is None or (place / name).resolve() != left_out]
        beginning = str(place / "_")[:-1]
        yield from (f"{beginning}{name}" for name in files if not name.startswith("."))


def pair_files(image_dir: Path, mask_dir: Path, root: Path | None = None) -> list[tuple[Path, Path]]:
    """Return ``(image, mask)`` for every image, by equal paths below the folders without extension, sorted.

    Args:
        image_dir: Folder of the images.
        mask_dir: Folder of the masks.
        root: Folder of the data set, where patterns may find them instead; None where they may not.

    Raises:
        DataError: If a folder is missing or empty, an image has no mask or the reverse, or two files share a name.
    """
    return [(Path(image), Path(mask)) for image, mask in pair_names(image_dir, mask_dir, root)]


def pair_names(image_dir: Path, mask_dir: Path, root: Path | None = None) -> list[tuple[str, str]]:
    """Return the same as text.

    Args:
        image_dir: As of :func:`pair_files`.
        mask_dir: Likewise.
        root: Likewise.

    Raises:
        DataError: As there.
    """
    if image_dir.is_dir() and mask_dir.is_dir() and image_dir.samefile(mask_dir):
        raise DataError(one_folder_advice(image_dir, [path.name for path in image_files(image_dir)], root))
    images, masks = _by_name(image_dir, without=mask_dir), _by_name(mask_dir, without=image_dir)
    if images.keys() != masks.keys():
        advice = naming_advice(images, masks, (image_dir, mask_dir), root)
        _refuse_lonely(images, masks, "images have no mask", mask_dir, advice=advice)
        _refuse_lonely(masks, images, "masks have no image", image_dir, advice=advice)
    return [(images[name], masks[name]) for name in sorted(images)]


def pair_label_files(
    image_dir: Path, mask_dir: Path, classes: Sequence[str], may_lack: bool = False
) -> list[tuple[str, Sequence[Path | None]]]:
    """Return every image, as text, with one mask per class, by equal paths below the folders without extension, sorted.

    Args:
        image_dir: Folder of the images.
        mask_dir: Folder that holds a folder of masks for every class.
        classes: Names of those folders.
        may_lack: Whether an image may have no mask for a class; None stands for it.

    Raises:
        DataError: If a folder is missing, an image has no mask though it may not lack it, a mask has no image, or two
            files of a folder share a name.
    """
    images = _by_name(image_dir, without=mask_dir)
    by_class = []
    for folder in (_same_name(mask_dir, name) for name in classes):
        if not folder.is_dir():
            raise DataError(
                f"{folder} is missing: there must be a folder of masks for every class; {listing(nearest(folder))}.\n"
                "  Correct data.mask_dir or data.classes."
            )
        masks = _by_name(folder, may_be_empty=may_lack)
        advice = naming_advice(images, masks, (image_dir, folder))
        _refuse_lonely(masks, images, "masks have no image", image_dir, advice=advice)
        if not may_lack:
            way_out = "; or set data.missing_masks: empty, if a missing file means that the class does not occur"
            _refuse_lonely(images, masks, "images have no mask", folder, way_out, advice)
        by_class.append(masks)
    return [
        (images[name], [Path(masks[name]) if name in masks else None for masks in by_class]) for name in sorted(images)
    ]


def nearest(folder: Path) -> Path:
    """Return the folder itself or the closest of its parents that exists."""
    return next((path for path in (folder, *folder.parents) if path.is_dir()), Path())


def listing(folder: Path) -> str:
    """Say in a few words what lies in a folder."""
    entries = sorted(path.name + "/" * path.is_dir() for path in folder.iterdir() if not path.name.startswith("."))
    return f"{folder} contains {few(entries)}" if entries else f"{folder} is empty"


def few(names: Sequence[str], shown: int = 5) -> str:
    """List the first names, and how many there are beside them."""
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def _normal(name: str) -> str:
    """Return a name in the one form in which its letters compare: disks of macOS write umlauts as two characters."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _same_name(parent: Path, name: str) -> Path:
    """Return the folder of that name, however its letters are written."""
    inside = parent.iterdir() if parent.is_dir() else ()
    return next((path for path in inside if _normal(path.name) == _normal(name)), parent / name)


def _by_name(folder: Path, may_be_empty: bool = False, without: Path | None = None) -> dict[str, str]:
    """Return the images of a folder by their paths below it, without extension."""
    found: dict[str, str] = {}
    place = str(folder)
    for path in image_names(folder, without) if may_be_empty else find_names(folder, without):
        name = _normal(without_suffix(below(path, place)))
        if name in found:
            raise DataError(f"{found[name]} and {path} share the name {name!r}; rename or remove one.")
        found[name] = path
    return found


def _refuse_lonely(
    files: Mapping[str, str], others: Collection[str], what: str, searched: Path, way_out: str = "", advice: str = ""
) -> None:
    lonely = [name for name in files if name not in others]
    if lonely:
        folder = Path(files[lonely[0]]).parent
        shown = few([name + Path(files[name]).suffix for name in lonely])
        advice = advice or f"Names must be equal up to the extension; add the missing files or move these out{way_out}."
        raise DataError(f"{len(lonely)} {what} of the same name in {searched}: {shown} ({folder}).\n  {advice}")

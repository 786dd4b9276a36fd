"""The images that may be suggested: those of a folder that are not labelled, each once."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from segcli.datasets.pairing import find_images
from segcli.runs.surroundings import file_hash
from segcli.sample import DataError
from segcli.suggest.measure import Skipped


@dataclass(frozen=True)
class Pool:
    """Files of a folder.

    Attributes:
        folder: It.
        files: To be ranked, in the order of their paths.
        labelled: Left out, since they hold the bytes of a labelled image, or are a mask.
        copies: Left out, since they hold the bytes of a file before them.
        skipped: Left out, since a list cannot name them.
    """

    folder: Path
    files: tuple[Path, ...]
    labelled: tuple[Path, ...]
    copies: tuple[Path, ...]
    skipped: tuple[Skipped, ...]


def find_pool(folder: Path, images: Collection[Path], masks: Collection[Path]) -> Pool:
    """Look for images in a folder and its sub-folders; files are read only where sizes are equal.

    Args:
        folder: The folder.
        images: Files of labelled images, wherever they lie.
        masks: Files of their masks.

    Raises:
        DataError: If there is no image in it.
    """
    if folder.is_file():
        raise DataError(f"{folder} is a file, expected a folder of images; name the one that it lies in.")
    found = find_images(folder)
    odd = {file for file in found if not fits_a_line(file)}
    same_size, masks = _by_size(found), {mask.resolve() for mask in masks}
    of_labelled = {size: set(map(file_hash, each)) for size, each in _by_size(images).items() if size in same_size}
    seen = set[tuple[int, str]]()
    files, labelled, copies = list[Path](), list[Path](), list[Path]()
    for file in (each for each in found if each not in odd):
        size = _size(file)
        others = of_labelled.get(size, set())
        content = file_hash(file) if others or len(same_size[size]) > 1 else None
        if file.resolve() in masks or (content is not None and content in others):
            labelled.append(file)
        elif content is not None and (size, content) in seen:
            copies.append(file)
        else:
            files.append(file)
            seen |= {(size, content)} if content is not None else set()
    skipped = tuple(Skipped(file, "its name does not fit into a line of a list; rename it") for file in sorted(odd))
    return Pool(folder, tuple(files), tuple(labelled), tuple(copies), skipped)


def fits_a_line(file: Path) -> bool:
    """Return whether a list of paths, one in a line, and a table give a path back as it is."""
    text = str(file.absolute())
    return text.splitlines() == [text] and text == text.strip()


def _by_size(files: Iterable[Path]) -> dict[int, list[Path]]:
    found = defaultdict[int, list[Path]](list)
    for file in files:
        found[_size(file)].append(file)
    return dict(found)


def _size(file: Path) -> int:
    """Return the bytes of a file; -1 if it is not there."""
    try:
        return file.stat().st_size
    except OSError:
        return -1

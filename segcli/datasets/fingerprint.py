"""What a split is made of, in a few digits: which images in which order, and what is in their files."""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypedDict

from segcli.datasets.sample_dataset import SampleDataset

READERS = 8
"""Threads that read and hash files; hashing leaves Python's lock."""
_CHUNK = 1 << 20


class Fingerprint(TypedDict):
    """Of one split.

    Attributes:
        count: Number of images.
        ids: Hash of their names below the folder of the data, in order.
        content: Hash of the bytes of all files, images and masks, in order.
    """

    count: int
    ids: str
    content: str


def fingerprint(dataset: SampleDataset, sizes_only: bool = False) -> Fingerprint:
    """Hash names and files of a split; every file is read once, whole.

    Files that lie elsewhere, but hold the same, have the same fingerprint; one changed byte gives another.

    Args:
        dataset: The split.
        sizes_only: Whether to hash the sizes of files in place of their bytes; ``content`` begins with ``sizes:`` then.

    Raises:
        OSError: If a file cannot be read.
    """
    with ThreadPoolExecutor(READERS) as pool:
        read = _size if sizes_only else _file
        samples = list(pool.map(lambda index: _sample(dataset.sources(index), read), range(len(dataset))))
    content = f"sizes:{_digest(samples)}" if sizes_only else _digest(samples)
    return Fingerprint(count=len(dataset), ids=_digest(name.encode() for name in dataset.ids()), content=content)


def _sample(sources: Iterable[Path | bytes], read: Callable[[Path], bytes]) -> bytes:
    return b"".join(read(part) if isinstance(part, Path) else hashlib.blake2b(part).digest() for part in sources)


def total_bytes(dataset: SampleDataset) -> int:
    """Return the size of all files of a split, which :func:`fingerprint` reads."""
    sources = (part for index in range(len(dataset)) for part in dataset.sources(index))
    return sum(part.stat().st_size for part in sources if isinstance(part, Path))


def _size(path: Path) -> bytes:
    return path.stat().st_size.to_bytes(8, "big")


def _file(path: Path) -> bytes:
    found = hashlib.blake2b()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.digest()


def _digest(parts: Iterable[bytes]) -> str:
    """Hash parts with their lengths, so that no two lists of parts look alike."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()[:16]

"""What a split is made of, in a few digits: which images in which order, and what is in their files."""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

from segcli.datasets.mask_check import MaskCheck, quiet_threads
from segcli.datasets.packed_file import PackedFile, Source, file_of, read_source
from segcli.datasets.sample_dataset import SampleDataset
from segcli.sample import DataError

READERS = 8
"""Threads that read and hash files; hashing leaves Python's lock."""


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


def fingerprint(
    dataset: SampleDataset,
    sizes_only: bool = False,
    check: MaskCheck | None = None,
    advance: Callable[[], object] = bool,
) -> Fingerprint:
    """Hash names and files of a split, and check its masks; every file is read once, whole.

    Files that lie elsewhere, but hold the same, have the same fingerprint; one changed byte gives another.

    Args:
        dataset: The split.
        sizes_only: Whether to hash the sizes of files in place of their bytes; ``content`` begins with ``sizes:`` then.
        check: Looks at every sample, at its headers if ``sizes_only``; None for none.
        advance: Called after every sample, in several threads.

    Raises:
        OSError: If a file cannot be read and there is no check, which tells of all.
        DataError: The same of a file inside another.
    """

    def read(index: int) -> bytes:
        sources = dataset.sources(index)
        try:
            content = None if sizes_only else list(map(read_source, sources))
            hashes = [_sizes(sources)] if content is None else [hashlib.blake2b(part).digest() for part in content]
        except (OSError, DataError):
            if check is None:
                raise
            check.look_for_unreadable(index)
            return b""
        sample = b"".join(hashes)
        if check is not None:
            check.look(index, content, hashlib.blake2b(sample, digest_size=16).digest())
        advance()
        return sample

    with quiet_threads(), ThreadPoolExecutor(READERS) as pool:
        samples = list(pool.map(read, range(len(dataset))))
    content = f"sizes:{_digest(samples)}" if sizes_only else _digest(samples)
    return Fingerprint(count=len(dataset), ids=_digest(name.encode() for name in dataset.ids()), content=content)


def total_bytes(dataset: SampleDataset) -> int:
    """Return the size of all files of a split that are there, which :func:`fingerprint` reads."""
    total, containers = 0, set[Path]()
    for index in range(len(dataset)):
        for part in dataset.sources(index):
            file = file_of(part)
            if file is None or file in containers:
                continue
            if isinstance(part, PackedFile):
                containers.add(file)
            with suppress(OSError):  # told when it is to be read
                total += file.stat().st_size
    return total


def _sizes(sources: Iterable[Source]) -> bytes:
    return b"".join(
        hashlib.blake2b(part).digest() if isinstance(part, bytes) else _size(part).to_bytes(8, "big")
        for part in sources
    )


def _size(part: Path | PackedFile) -> int:
    """Return the size of a file; of one inside another that of its content."""
    return len(part.read()) if isinstance(part, PackedFile) else part.stat().st_size


def _digest(parts: Iterable[bytes]) -> str:
    """Hash parts with their lengths, so that no two lists of parts look alike."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()[:16]

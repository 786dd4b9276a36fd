"""What a split is made of, in a few digits: which images in which order, and what is in their files."""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

from segcli.datasets.mask_check import MaskCheck, quiet_threads
from segcli.datasets.sample_dataset import SampleDataset

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
    """

    def read(index: int) -> bytes:
        sources = dataset.sources(index)
        try:
            content = None if sizes_only else list(map(_content, sources))
            hashes = [_sizes(sources)] if content is None else [hashlib.blake2b(part).digest() for part in content]
        except OSError:
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
    total = 0
    for index in range(len(dataset)):
        for part in dataset.sources(index):
            with suppress(OSError):  # told when it is to be read
                total += part.stat().st_size if isinstance(part, Path) else 0
    return total


def _content(source: Path | bytes) -> bytes:
    return source.read_bytes() if isinstance(source, Path) else source


def _sizes(sources: Iterable[Path | bytes]) -> bytes:
    return b"".join(
        part.stat().st_size.to_bytes(8, "big") if isinstance(part, Path) else hashlib.blake2b(part).digest()
        for part in sources
    )


def _digest(parts: Iterable[bytes]) -> str:
    """Hash parts with their lengths, so that no two lists of parts look alike."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()[:16]

"""What a split is made of, in a few digits: which images in which order, and what is in their files."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypedDict

import numpy as np

from segcli.datasets.known_files import INSIDE, KnownFiles, name_inside
from segcli.datasets.mask_check import MaskCheck, quiet_threads
from segcli.datasets.packed_file import Name, PackedFile, Source, read_source
from segcli.datasets.sample_dataset import SampleDataset
from segcli.sample import DataError

READERS = 8
"""Threads that read and hash files; hashing leaves Python's lock."""
DIGEST_BYTES = 64
"""Of what a file holds."""


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


class KnownContent:
    """What is in the files of a split, as far as earlier runs read them.

    Args:
        dataset: The split.
        known: Digests of files; None where there are none.

    Attributes:
        samples: Digests of what each sample is made of, one after the other; None of one with a file to read.
        unread_bytes: Size of all files to read, of each once, however many parts of it are.
    """

    def __init__(self, dataset: SampleDataset, known: KnownFiles | None = None) -> None:
        self.known = known
        self.samples: list[bytes | None] = [None] * len(dataset)
        self.unread_bytes = 0
        if known is None:
            return
        sources = [dataset.source_names(index) for index in range(len(dataset))]
        names = [name for each in sources for part in each if (name := _remembered_as(part)) is not None]
        found, sizes = known.look_up(names)
        of_files = iter(found)
        for index, each in enumerate(sources):
            parts = [_digest_of(part) if _remembered_as(part) is None else next(of_files) for part in each]
            self.samples[index] = None if None in parts else b"".join(parts)  # type: ignore[arg-type]
        unread = np.flatnonzero(np.fromiter((digest is None for digest in found), bool, len(found))).tolist()
        of_files_unread = {names[at].partition(INSIDE)[0]: int(sizes[at]) for at in unread}
        self.unread_bytes = sum(size for size in of_files_unread.values() if size > 0)


def known_digests(folder: Path | None, is_trusted: bool = True) -> KnownFiles | None:
    """Return what earlier runs read of files in the folder of a data set; None without one.

    Args:
        folder: Of the data.
        is_trusted: Whether to believe it.
    """
    return None if folder is None else KnownFiles(folder, "content", DIGEST_BYTES, is_trusted)


def fingerprint(
    dataset: SampleDataset,
    sizes_only: bool = False,
    check: MaskCheck | None = None,
    advance: Callable[[int], object] = bool,
    content: KnownContent | None = None,
) -> Fingerprint:
    """Hash names and files of a split, and check its masks; a file is read once, whole, or not at all if it is known.

    Files that lie elsewhere, but hold the same, have the same fingerprint; one changed byte gives another.

    Args:
        dataset: The split.
        sizes_only: Whether to hash the sizes of files in place of their bytes; ``content`` begins with ``sizes:`` then.
        check: Looks at every sample, at its headers if ``sizes_only``; None for none.
        advance: Called with the number of samples that were done, in several threads.
        content: What earlier runs read; None for nothing.

    Raises:
        OSError: If a file cannot be read and there is no check, which tells of all.
        DataError: The same of a file inside another.
    """
    content = KnownContent(dataset) if content is None or sizes_only else content
    known = content.known

    def read(index: int) -> bytes:
        try:
            parts, digests = _sizes(dataset.sources(index)) if sizes_only else _read(dataset.source_names(index), known)
        except (OSError, DataError):
            if check is None:
                raise
            check.look_for_unreadable(index)
            return b""
        sample = b"".join(digests)
        if check is not None:
            check.look(index, parts, _short(sample))
        advance(1)
        return sample

    samples = [sample or b"" for sample in content.samples]
    unread = [
        index
        for index, sample in enumerate(content.samples)
        if sample is None or (check is not None and not check.knows(_short(sample)))
    ]
    advance(len(dataset) - len(unread))
    with quiet_threads(), ThreadPoolExecutor(READERS) as pool:
        for index, sample in zip(unread, pool.map(read, unread), strict=True):
            samples[index] = sample
    found = f"sizes:{_digest(samples)}" if sizes_only else _digest(samples)
    return Fingerprint(count=len(dataset), ids=_digest(name.encode() for name in dataset.ids()), content=found)


def digest_of(content: bytes) -> bytes:
    """Return the digest of what a file holds."""
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest()


def _digest_of(part: Name) -> bytes | None:
    """Return the digest of bytes; None of a file inside another that must be read anew in every run."""
    return None if isinstance(part, str | PackedFile) else digest_of(part)


def _remembered_as(part: Name) -> str | None:
    """Return by what name a digest is remembered; None if it is not."""
    if isinstance(part, str):
        return part
    return name_inside(part) if isinstance(part, PackedFile) and part.follows_container else None


def _read(names: Sequence[Name], known: KnownFiles | None) -> tuple[list[bytes], list[bytes]]:
    """Return what the files of a sample hold, and its digests, which are remembered."""
    parts, digests = list[bytes](), list[bytes]()
    for name in names:
        state, remembered_as = None, None if known is None else _remembered_as(name)
        if known is None or remembered_as is None:
            part = read_source(Path(name) if isinstance(name, str) else name)
        elif isinstance(name, PackedFile):
            part, state = known.read_inside(name)
        else:
            part, state = known.read(remembered_as)
        parts.append(part)
        digests.append(digest_of(part))
        if known is not None and remembered_as is not None:
            known.add(remembered_as, state, digests[-1])
    return parts, digests


def _short(sample: bytes) -> bytes:
    """Return by what the check of masks knows a sample."""
    return hashlib.blake2b(sample, digest_size=16).digest()


def _sizes(sources: Iterable[Source]) -> tuple[None, list[bytes]]:
    """Return what takes the place of digests where no file is read."""
    return None, [digest_of(part) if isinstance(part, bytes) else _size(part).to_bytes(8, "big") for part in sources]


def _size(part: Path | PackedFile) -> int:
    """Return the size of a file; of one inside another that which stands for its content."""
    return part.stored_bytes() if isinstance(part, PackedFile) else part.stat().st_size


def _digest(parts: Iterable[bytes]) -> str:
    """Hash parts with their lengths, so that no two lists of parts look alike."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()[:16]

"""Decoded images and masks of a split in one file, which all processes of a machine map into their memory.

A cache is named by what it is made of: paths, sizes, times and inodes of all files, as git's index does, and how they
are read. So what is changed is decoded again. It is built by one process while others wait, under a temporary name; its
index is written last, and without one there is no cache.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from segcli.datasets.fingerprint import READERS
from segcli.datasets.packed_file import PackedFile
from segcli.datasets.sample_dataset import SampleDataset
from segcli.disk import sync_folder, whole_file, write_text

Arrays = tuple[NDArray[Any], NDArray[np.uint8] | None]

VERSION = 1
"""Of the format, and of what readers make of a file: another one decodes anew."""
_ALIGNED_BYTES = 64
_AT_ONCE = 64
"""Samples that are in memory at a time while a cache is built."""


class DecodedCache:
    """Read samples from a cache; a process maps it when it reads the first.

    Args:
        file: The decoded pixels.
        entries: Of every sample, for image and mask: offset, shape and type; None for no mask.
    """

    def __init__(self, file: Path, entries: Sequence[Sequence[Any]]) -> None:
        self._file, self._entries = file, entries
        self._map: NDArray[np.uint8] | None = None

    @classmethod
    def known(cls, dataset: SampleDataset, folder: Path) -> "DecodedCache | None":
        """Return the cache of a split; None if there is none.

        Args:
            dataset: The split; its transforms are left out.
            folder: Of caches.

        Raises:
            OSError: If a file of the split is not there.
        """
        index, file = _files(dataset, folder)
        entries = _entries(index, file)
        if entries is None:
            return None
        with suppress(OSError):
            index.touch()  # the longest unused are removed first
        return cls._mapped(file, entries)

    @classmethod
    def built(cls, dataset: SampleDataset, folder: Path, advance: Callable[[], object] = bool) -> "DecodedCache":
        """Return the cache of a split, which one process builds.

        Args:
            dataset: The split; its transforms are left out.
            folder: Of caches.
            advance: Called for each sample that was decoded, in several threads.

        Raises:
            DataError: If a file is at fault.
            OSError: If the folder cannot be written, or the disk is full.
        """
        index, file = _files(dataset, folder)
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(index.with_suffix(".lock")):
            entries = _entries(index, file)  # which another process may have written
            if entries is None:
                for left in folder.glob(f".{file.name}.*"):  # of a process that was killed
                    left.unlink(missing_ok=True)
                entries = _build(dataset, file, advance)
                sync_folder(folder)
                write_text(index, json.dumps({"bytes": file.stat().st_size, "samples": entries}))
            return cls._mapped(file, entries)

    @classmethod
    def _mapped(cls, file: Path, entries: Sequence[Sequence[Any]]) -> "DecodedCache":
        """Map the file at once: another run may remove it, but not from those that have it."""
        cache = cls(file, entries)
        cache._map = np.memmap(file, np.uint8, "r")
        return cache

    def load(self, index: int) -> Arrays:
        """Return image and mask of a sample as its dataset loads them, read-only."""
        image, mask = self._entries[index]
        return self._array(image), None if mask is None else self._array(mask)

    def _array(self, entry: Sequence[Any]) -> NDArray[Any]:
        if self._map is None:
            self._map = np.memmap(self._file, np.uint8, "r")
        offset, shape, name = entry
        dtype = np.dtype(name)
        length = int(np.prod(shape)) * dtype.itemsize
        return np.asarray(self._map[offset : offset + length]).view(dtype).reshape(shape)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the map to each process."""
        return {**self.__dict__, "_map": None}


def decoded_bytes(dataset: SampleDataset, most: int = 32) -> int:
    """Return about how much memory a decoded split takes, from up to ``most`` samples.

    Raises:
        DataError: If one of them is at fault.
    """
    chosen = np.unique(np.linspace(0, len(dataset) - 1, min(most, len(dataset))).astype(int))
    loaded = (part for index in chosen for part in dataset.load(int(index)) if part is not None)
    return sum(part.nbytes for part in loaded) * len(dataset) // max(1, len(chosen))


def make_room(folder: Path, most_bytes: int) -> None:
    """Remove the caches that were unused for longest until all take at most so many bytes.

    A process that reads one keeps what it has mapped.
    """
    with suppress(OSError):
        indices = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for index in indices:
            file = index.with_suffix(".pixels")
            total += file.stat().st_size if file.is_file() else 0
            if total > most_bytes:
                index.unlink(missing_ok=True)
                file.unlink(missing_ok=True)


def _files(dataset: SampleDataset, folder: Path) -> tuple[Path, Path]:
    """Return the index and the pixels of a split's cache, named by what it is made of."""
    digest = hashlib.blake2b(f"{VERSION} {dataset.decoding()}".encode(), digest_size=16)
    for index in range(len(dataset)):
        for part in dataset.source_names(index):
            digest.update(hashlib.blake2b(part).digest() if isinstance(part, bytes) else _state(part))
    return folder / f"{digest.hexdigest()}.json", folder / f"{digest.hexdigest()}.pixels"


def _state(part: str | PackedFile) -> bytes:
    path = str(part.container) if isinstance(part, PackedFile) else part
    found = os.stat(path)  # noqa: PTH116  (of text: paths are many)
    whole = path if path.startswith("/") else Path(path).absolute()
    inside = f"/{part.identity}" if isinstance(part, PackedFile) else ""
    return f"{whole}{inside} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}\n".encode(
        errors="surrogateescape"
    )


def _entries(index: Path, file: Path) -> Sequence[Sequence[Any]] | None:
    """Return the entries of a cache; None if there is none, or it is not whole."""
    try:
        found = json.loads(index.read_text(encoding="utf-8"))
        return list(found["samples"]) if file.stat().st_size == found["bytes"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _build(dataset: SampleDataset, file: Path, advance: Callable[[], object]) -> Sequence[Sequence[Any]]:
    """Decode all samples in several threads and write them one after the other."""

    def load(index: int) -> Arrays:
        loaded = dataset.load(index)
        advance()
        return loaded

    entries = list[Sequence[Any]]()
    with whole_file(file) as stream, ThreadPoolExecutor(READERS) as pool:
        for start in range(0, len(dataset), _AT_ONCE):
            for arrays in pool.map(load, range(start, min(start + _AT_ONCE, len(dataset)))):
                entries.append([None if array is None else _written(stream, array) for array in arrays])
    return entries


def _written(stream: IO[bytes], array: NDArray[Any]) -> Sequence[Any]:
    stream.write(bytes(-stream.tell() % _ALIGNED_BYTES))
    offset = stream.tell()
    stream.write(np.ascontiguousarray(array).data)
    return [offset, list(array.shape), array.dtype.name]

"""How often the classes of a split occur, as earlier runs counted them.

One file per split and table of labels in the user's cache folder, named by the content of the masks: whatever is
changed is counted again, what is moved or copied is not. Reading masks to hash them takes a fraction of decoding them.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from segcli.datasets.class_counts import ClassCounts, count_classes
from segcli.datasets.file_part import FilePart
from segcli.datasets.fingerprint import READERS
from segcli.datasets.mask_check import label_key
from segcli.datasets.packed_file import Source, read_source
from segcli.datasets.sample_dataset import SampleDataset
from segcli.disk import cache_folder, write_text
from segcli.sample import DataError

_HASH_CHARS = 16


def known_class_counts(dataset: SampleDataset, classes: Sequence[str]) -> ClassCounts:
    """Return what :func:`~segcli.datasets.class_counts.count_classes` does, counted once for masks in files.

    A cache folder that cannot be read or written, or holds something else, costs the time to count, and no more.

    Args:
        dataset: The split, with masks.
        classes: Their names.

    Raises:
        DataError: If a mask is at fault.
    """
    file = _file(dataset)
    counts = None if file is None else _read(file, classes)
    if counts is not None:
        return counts
    counts = count_classes(dataset, classes)
    if file is not None:
        text = json.dumps(counts[1:])
        with contextlib.suppress(OSError):
            write_text(file, f"{_hash(text)}\n{text}\n")
    return counts


def _file(dataset: SampleDataset) -> Path | None:
    """Return the file of a split; None without masks in files, or where a class of a user's own may change them."""
    key = label_key(dataset) if type(dataset).__module__.startswith("segcli.") else None
    if key is None:
        return None
    try:
        with ThreadPoolExecutor(READERS) as pool:
            parts = list(pool.map(lambda index: b"".join(_hashes(dataset, index)), range(len(dataset))))
    except (OSError, DataError):  # told when they are counted
        return None
    return cache_folder() / "class_counts" / f"{key}-{hashlib.blake2b(b''.join(parts), digest_size=16).hexdigest()}.txt"


def _hashes(dataset: SampleDataset, index: int) -> Iterator[bytes]:
    """Yield hashes of what the mask of a sample is read from: of the image too where that decides."""
    masks = dataset.mask_sources(index)
    for part in dataset.sources(index) if any(map(_needs_image, masks)) else masks:
        yield hashlib.blake2b(read_source(part), digest_size=16).digest()


def _needs_image(mask: Source) -> bool:
    """Return whether labels follow from the image too: where there is no file, or pixels without data are ignored."""
    return mask.ignores_nodata if isinstance(mask, FilePart) else isinstance(mask, bytes)


def _read(file: Path, classes: Sequence[str]) -> ClassCounts | None:
    try:
        digest, text = file.read_text(encoding="utf-8").splitlines()
        columns = [tuple(column) for column in json.loads(text)] if digest == _hash(text) else []
    except (OSError, ValueError):
        return None
    is_whole = len(columns) == len(ClassCounts._fields) - 1 and all(len(each) == len(classes) for each in columns)
    return ClassCounts(tuple(classes), *columns) if is_whole else None


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode()).hexdigest()[:_HASH_CHARS]

"""Read every image and mask of a split once, in several threads, and keep what findings need of them."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segcli.datamodules.segmentation_data_module import Split
from segcli.datasets.class_counts import mask_counts
from segcli.datasets.fingerprint import READERS
from segcli.datasets.mask_check import MaskCheck, quiet_threads
from segcli.datasets.packed_file import read_source
from segcli.datasets.sample_dataset import SampleDataset
from segcli.inference.picture import as_picture
from segcli.inspection.perceptual_hash import ImageHash, perceptual_hash
from segcli.sample import DataError


@dataclass(frozen=True)
class ScannedImage:
    """What is kept of one image.

    Attributes:
        digest: Of the bytes of its files.
        size: Height and width in pixels; None if it cannot be read.
        hash: What it looks like; None if it cannot be read or has one colour.
        counts: ``(2, K)``, as :func:`~segcli.datasets.class_counts.mask_counts` returns; None without.
    """

    digest: bytes = b""
    size: tuple[int, int] | None = None
    hash: ImageHash | None = None
    counts: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Scan:
    """A split that was read.

    Attributes:
        split: Its name.
        dataset: It.
        images: What is kept of each, in order.
        check: What is wrong with its files.
    """

    split: Split
    dataset: SampleDataset
    images: Sequence[ScannedImage]
    check: MaskCheck


def scan(split: Split, dataset: SampleDataset, classes: int, advance: Callable[[], object] = bool) -> Scan:
    """Read a split.

    Args:
        split: Its name.
        dataset: It, with masks.
        classes: Number of classes, K.
        advance: Called after every image, in several threads.
    """
    check = MaskCheck(dataset, "all")

    def read(index: int) -> ScannedImage:
        found = _read(dataset, index, classes, check)
        advance()
        return found

    with quiet_threads(), ThreadPoolExecutor(READERS) as pool:
        return Scan(split, dataset, list(pool.map(read, range(len(dataset)))), check)


def _read(dataset: SampleDataset, index: int, classes: int, check: MaskCheck) -> ScannedImage:
    try:
        content = list(map(read_source, dataset.sources(index)))
    except (OSError, DataError):
        check.look_for_unreadable(index)
        return ScannedImage()
    files = content[: len(content) - len(dataset.mask_sources(index))]
    digest = hashlib.blake2b(b"".join(hashlib.blake2b(file).digest() for file in files)).digest()
    try:
        image, mask = dataset.load(index)
    except (DataError, OSError) as error:
        before = len(check.faults)
        check.look(index, content, digest)  # which names all that is wrong, but does not decode images
        if all(at != index for at, _ in check.faults[before:]):
            check.faults.append((index, str(error)))
        return ScannedImage(digest)
    check.look(index, None, digest)
    counts = None if mask is None else mask_counts(mask, classes)
    return ScannedImage(digest, image.shape[:2], perceptual_hash(as_picture(image)), counts)

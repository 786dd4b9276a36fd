"""Measure a split: pixels, objects, sizes and channels, every image and mask read once, in several threads."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from segcli.datasets.class_counts import ClassCounts, mask_counts
from segcli.datasets.fingerprint import READERS
from segcli.datasets.mask_check import quiet_threads
from segcli.datasets.sample_dataset import SampleDataset
from segcli.inspection.statistics import ClassStatistics, ObjectSizes, SplitStatistics
from segcli.sample import IGNORE_INDEX

_SHARES = (5, 50, 95)


class _Measured(NamedTuple):
    """Of one image: its size, ``(2, K)`` counts, areas of objects by class, ignored share, and sums of its channels."""

    size: tuple[int, int]
    counts: NDArray[np.int64]
    areas: Sequence[NDArray[np.int64]]
    ignored: float
    sums: NDArray[np.float64]


def split_statistics(
    split: str, dataset: SampleDataset, classes: Sequence[str], advance: Callable[[], object] = bool
) -> SplitStatistics:
    """Measure a split as it is on disk, before any transform.

    Args:
        split: Its name.
        dataset: It, with masks.
        classes: Their names, K.
        advance: Called after every image, in several threads.

    Raises:
        DataError: If a file is at fault.
    """

    def of_image(index: int) -> _Measured:
        image, mask = dataset.load(index)
        assert mask is not None
        found = _measured(image, mask, len(classes))
        advance()
        return found

    with quiet_threads(), ThreadPoolExecutor(READERS) as pool:
        images = list(pool.map(of_image, range(len(dataset))))
    counts = ClassCounts.of(np.stack([image.counts for image in images]), classes)
    areas = [np.concatenate(each) for each in zip(*(image.areas for image in images), strict=True)]
    pixels = np.array([image.size[0] * image.size[1] for image in images])
    sums = np.sum([image.sums for image in images], axis=0) / pixels.sum()
    std = np.sqrt(np.maximum(sums[1] - sums[0] ** 2, 0))
    return SplitStatistics(
        split=split,
        images=len(images),
        sizes=dict(Counter(image.size for image in images).most_common()),
        ignored=float(np.average([image.ignored for image in images], weights=pixels)),
        classes=[
            ClassStatistics(name, own, own / seen if seen else None, occurs, _sizes(area))
            for name, own, seen, occurs, area in zip(
                classes, counts.pixels, counts.seen, counts.images, areas, strict=True
            )
        ],
        mean=tuple(sums[0].tolist()),
        std=tuple(std.tolist()),
    )


def object_areas(mask: NDArray[np.uint8], classes: int) -> list[NDArray[np.int64]]:
    """Return the sizes in pixels of the objects of every class: pixels that touch, also at corners.

    Args:
        mask: ``(H, W)`` class indices, or ``(K, H, W)`` of 0 and 1.
        classes: Their number, K.
    """
    found = [np.empty(0, np.int64)] * classes
    present = range(classes) if mask.ndim == 3 else np.flatnonzero(np.bincount(mask.ravel(), minlength=256)[:classes])
    for index in present:
        own = (mask[index] == 1) if mask.ndim == 3 else mask == index
        _, _, boxes, _ = cv2.connectedComponentsWithStats(own.astype(np.uint8), connectivity=8)
        found[index] = boxes[1:, cv2.CC_STAT_AREA].astype(np.int64)
    return found


def _measured(image: NDArray[np.uint8], mask: NDArray[np.uint8], classes: int) -> _Measured:
    highest = np.iinfo(image.dtype).max if np.issubdtype(image.dtype, np.integer) else 1
    channels = image.reshape(-1, 1 if image.ndim == 2 else image.shape[-1]) / highest
    return _Measured(
        size=image.shape[:2],
        counts=mask_counts(mask, classes),
        areas=object_areas(mask, classes),
        ignored=float((mask == IGNORE_INDEX).mean()),
        sums=np.stack([channels.sum(axis=0), (channels**2).sum(axis=0)]),
    )


def _sizes(areas: NDArray[np.int64]) -> ObjectSizes | None:
    return ObjectSizes(len(areas), *np.percentile(areas, _SHARES).tolist()) if len(areas) else None

"""How often the classes of a split occur."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.fingerprint import READERS
from segcli.datasets.mask_check import quiet_threads
from segcli.datasets.sample_dataset import SampleDataset
from segcli.sample import IGNORE_INDEX


class ClassCounts(NamedTuple):
    """Pixels of K classes or labels.

    Attributes:
        classes: Their names.
        pixels: Pixels that are of each.
        seen: Pixels that are not ignored, for labels in the channel of each.
        seen_with_class: The same, of the images with a pixel of the class only.
        images: Images with a pixel of the class.
    """

    classes: tuple[str, ...]
    pixels: tuple[int, ...]
    seen: tuple[int, ...]
    seen_with_class: tuple[int, ...]
    images: tuple[int, ...]

    @classmethod
    def of(cls, found: NDArray[np.int64], classes: Sequence[str]) -> "ClassCounts":
        """Return the sums over N images.

        Args:
            found: ``(N, 2, K)``, of each what :func:`mask_counts` returns.
            classes: Names of the classes.
        """
        pixels, seen = found[:, 0], found[:, 1]
        columns = pixels.sum(axis=0), seen.sum(axis=0), (seen * (pixels > 0)).sum(axis=0), (pixels > 0).sum(axis=0)
        return cls(tuple(classes), *(tuple(column.tolist()) for column in columns))


def count_classes(dataset: SampleDataset, classes: Sequence[str]) -> ClassCounts:
    """Count the pixels of a split as they are on disk, before any transform.

    Args:
        dataset: The split, with masks.
        classes: Their names.

    Raises:
        DataError: If a mask is at fault.
    """

    def of_image(index: int) -> NDArray[np.int64]:
        mask = dataset.load_mask(index)
        assert mask is not None
        return mask_counts(mask, len(classes))

    with quiet_threads(), ThreadPoolExecutor(READERS) as pool:
        found = np.stack(list(pool.map(of_image, range(len(dataset)))))
    return ClassCounts.of(found, classes)


def mask_counts(mask: NDArray[np.uint8], classes: int) -> NDArray[np.int64]:
    """Return the pixels of each class, and those that are not ignored, for labels in the channel of each.

    Args:
        mask: ``(H, W)`` or ``(K, H, W)``, as a dataset loads it.
        classes: Their number, K.

    Returns:
        ``(2, K)``.
    """
    if mask.ndim == 3:
        return np.stack([(mask == 1).sum(axis=(1, 2)), (mask != IGNORE_INDEX).sum(axis=(1, 2))])
    pixels = np.bincount(mask.ravel(), minlength=classes)[:classes]
    return np.stack([pixels, np.full(classes, pixels.sum())])

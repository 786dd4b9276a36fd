"""Whether transforms change the sizes of images, seen without decoding these."""

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.sample_dataset import SampleDataset


class _Blank:
    """Empty images and masks in place of a data set's, of the same sizes.

    Args:
        dataset: With masks.
    """

    def __init__(self, dataset: SampleDataset) -> None:
        self.sizes, (image, mask) = dataset.sizes(), dataset.load(0)
        assert mask is not None
        self._image, self._mask = image, mask

    def load(self, index: int) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Return zeros of the shape and type that a sample has."""
        size = self.sizes[index]
        image = np.zeros((*size, *self._image.shape[2:]), self._image.dtype)
        return image, np.zeros((*self._mask.shape[:-2], *size), np.uint8)


def changes_sizes(dataset: SampleDataset) -> bool:
    """Return whether the transform of a data set with masks gives any image another height or width.

    The transform is applied to an empty image of every size on disk, as it is drawn for each index: only headers and
    the first image are read.

    Args:
        dataset: Of which nothing is changed.

    Raises:
        DataError: If a file is at fault, or the transform fails.
    """
    blank, watched = _Blank(dataset), copy.copy(dataset)
    watched.cache, watched.mask_targets = blank, None
    return any(tuple(watched[index]["mask"].shape[-2:]) != tuple(size) for index, size in enumerate(blank.sizes))

"""Which values the channels of a split have, but for a few outliers."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.fingerprint import READERS
from segcli.datasets.sample_dataset import SampleDataset
from segcli.sample import DataError

PERCENTILES = (1.0, 99.0)
MOST_IMAGES = 256
MOST_PIXELS = 4096
"""Of an image; a million in all tell the percentiles to a fraction of one."""


def channel_ranges(dataset: SampleDataset) -> list[tuple[float, float]]:
    """Return the 1st and 99th percentile of each channel, over up to 256 images and 4096 pixels of each.

    Images are spread evenly over the split and pixels over the image, so that the same data give the same numbers. What
    is at fault is left out: before the first epoch, all such files are told together.

    Args:
        dataset: The split; its transforms are left out.

    Raises:
        DataError: If all of these images are at fault.
    """
    chosen = np.unique(np.linspace(0, len(dataset) - 1, min(MOST_IMAGES, len(dataset))).round().astype(int))
    with ThreadPoolExecutor(READERS) as pool:
        samples = [found for found in pool.map(lambda index: _pixels(dataset, int(index)), chosen) if found is not None]
    if not samples:
        dataset.load(int(chosen[0]))
    low, high = np.percentile(np.concatenate(samples), PERCENTILES, axis=0)
    return [(float(least), float(most)) for least, most in zip(low, high, strict=True)]


def _pixels(dataset: SampleDataset, index: int) -> NDArray[np.float32] | None:
    """Return ``(N, C)`` of the pixels of an image, in equal steps; None if it is at fault."""
    try:
        image, _ = dataset.load(index)
    except DataError:
        return None
    flat = image.reshape(image.shape[0] * image.shape[1], -1)
    return flat[:: -(-len(flat) // MOST_PIXELS)].astype(np.float32)

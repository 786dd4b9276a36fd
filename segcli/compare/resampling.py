"""Resample images with replacement, the same images for every run that was measured on them (paired bootstrap).

Efron (1979), "Bootstrap methods: another look at the jackknife". A resample of N images is how often each is drawn: a
row of multinomial weights. Sums of a resample are the product of that row with the table of per-image sums.
"""

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 2000
SEED = 20260101


@cache
def weights(num_images: int, images: str) -> Floats:
    """Return how often each image is drawn, in each of B resamples.

    Args:
        num_images: N.
        images: What identifies the images. The same text gives the same resamples, another gives independent ones.

    Returns:
        ``(B, N)``; rows sum to N. Equal in every process: the generator's seed is fixed.
    """
    stream = int.from_bytes(hashlib.sha256(images.encode()).digest()[:8], "big")
    rng = np.random.default_rng((SEED, stream))
    return rng.multinomial(num_images, np.full(num_images, 1 / num_images), RESAMPLES).astype(np.float64)


def effective_number(pixels: Floats) -> Floats:
    """Return how many images of equal weight tell as much as images of different weights do.

    It is ``(sum w)² / sum w²`` (Kish 1965, "Survey sampling"): a class whose pixels lie in few images was seen in few.

    Args:
        pixels: ``(N, C)`` weights: what each image adds to each of C scores.

    Returns:
        ``(C,)``, 1 to N; 0 where no image has any.
    """
    total, squares = pixels.sum(axis=0), (pixels**2).sum(axis=0)
    return np.where(squares > 0, total**2 / np.maximum(squares, 1.0), 0.0)


def resampled(images: Floats, identity: str) -> Floats:
    """Return the sums of every resample.

    Args:
        images: ``(N, C)`` a row of sums for each image, in an order that is the same for all runs.
        identity: What identifies the images; see :func:`weights`.

    Returns:
        ``(B, C)``.
    """
    return weights(len(images), identity) @ images

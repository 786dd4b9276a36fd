"""Confusion matrices of runs over the same images: drawn errors on one truth, for tests of what compares runs."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.run_folders import CLASSES, write_run


def truth_pixels(images: int = 12, classes: int = len(CLASSES)) -> NDArray[np.int64]:
    """Return ``(N, K)`` pixels of every class: the same in every call."""
    return np.random.default_rng(7).integers(50, 400, (images, classes))


def draw(truth: NDArray[np.int64], quality: float, seed: int, noise: float = 0.05) -> NDArray[np.int64]:
    """Return ``(N, K, K)`` confusion matrices of one run.

    Args:
        truth: ``(N, K)`` pixels.
        quality: Share of pixels that are right, 0 to 1.
        seed: Of the run's errors.
        noise: Standard deviation of that share, image by image and class by class.
    """
    images, classes = truth.shape
    share = np.clip(np.random.default_rng((seed, 3)).normal(quality, noise, truth.shape), 0, 1)
    right = (truth * share).astype(np.int64)
    matrices = np.zeros((images, classes, classes), np.int64)
    for k in range(classes):
        matrices[:, k, k] = right[:, k]
        matrices[:, k, (k + 1) % classes] = truth[:, k] - right[:, k]
    return matrices


def run_on_one_truth(path: Path, seed: int = 0, quality: float = 0.8, images: int = 12, **options: Any) -> Path:  # noqa: ANN401  (as write_run takes them)
    """Write a run folder whose images have the same truth as those of every other run."""
    counts = draw(truth_pixels(images), quality, seed + int(quality * 1e6))
    return write_run(path, seed=seed, quality=quality, images=images, counts=counts, **options)

"""F-beta: the harmonic mean of precision and recall, recall weighing beta times as much (van Rijsbergen, 1979)."""

import math

import numpy as np

from segcli.metrics.base import Floats, ImageMetric
from segcli.metrics.evaluated import Evaluated


class FBeta(ImageMetric):
    """F-beta of each class over the whole data set, 0 to 1, higher is better: ``val/f_beta``.

    With ``beta: 1`` it is Dice. Classes in neither truth nor prediction are left out of the mean. It is made from the
    confusion counts and costs next to nothing.

    Args:
        beta: How many times as much recall weighs as precision.
        name: Under which it is logged; null for ``f_beta``.
        group: Whether results have the score of every group of images (``data.group``) too.

    Raises:
        ValueError: If ``beta`` is not above 0.
    """

    name = "f_beta"
    class_name = "f_beta"
    higher_is_better = True
    title = "F-beta"

    def __init__(self, beta: float = 2.0, name: str | None = None, group: bool = False) -> None:
        super().__init__(name, group)
        if not 0 < beta < math.inf:
            raise ValueError(f"FBeta got beta {beta}, expected a number above 0; 2 and 0.5 are usual.")
        self.beta = beta

    def rows(self, batch: Evaluated) -> Floats:
        """Return the denominator and the numerator of each class, ``(B, K, 2)``."""
        right, truth, predicted = batch.counts
        square = self.beta**2
        return np.stack([square * truth + predicted, (1 + square) * right], axis=2, dtype=np.float64)

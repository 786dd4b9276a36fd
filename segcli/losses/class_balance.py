"""Weights of classes that follow from how often they occur. Torch-free.

With n_k the pixels of class k, p_k their share of all that are not ignored, f_k their share of those in images with
the class, and K classes:

- ``balanced``: 1 / n_k, so that all classes have the same weight in all.
- ``median_frequency``: median(f) / f_k (Eigen and Fergus, 2015), https://arxiv.org/abs/1411.4734.
- ``enet``: 1 / ln(1.02 + p_k) (Paszke et al., 2016), https://arxiv.org/abs/1606.02147: between 1.4 and 50.
- ``effective_number``: (1 - b) / (1 - b^n_k), b = 0.9999 (Cui et al., 2019), https://arxiv.org/abs/1901.05555. It is
  made for n in the thousands; of pixels there are usually so many that all weights are equal.

All are then divided by their mean.
"""

import math
from statistics import fmean, median
from typing import Literal

from segcli.datasets.class_counts import ClassCounts

Balance = Literal["balanced", "median_frequency", "enet", "effective_number"]

_B = 0.9999
_EQUAL = 1.01
"""Largest weight by the smallest, up to which weights are as good as none."""


def class_balance(counts: ClassCounts, how: Balance) -> list[float]:
    """Return a weight for each class, 1 on average.

    Args:
        counts: Of the training split.
        how: By which rule.

    Raises:
        ValueError: If a class does not occur.
    """
    if missing := [name for name, pixels in zip(counts.classes, counts.pixels, strict=True) if not pixels]:
        raise ValueError(
            f"weights by {how} got no training pixel of {', '.join(map(repr, missing))}, expected at least one of "
            "each class; correct the split or the classes, or give numbers."
        )
    match how:
        case "balanced":
            weights = [1 / n for n in counts.pixels]
        case "median_frequency":
            shares = [n / seen for n, seen in zip(counts.pixels, counts.seen_with_class, strict=True)]
            weights = [median(shares) / share for share in shares]
        case "enet":
            weights = [1 / math.log(1.02 + n / seen) for n, seen in zip(counts.pixels, counts.seen, strict=True)]
        case "effective_number":
            weights = [(1 - _B) / (1 - _B**n) for n in counts.pixels]
    mean = fmean(weights)
    return [weight / mean for weight in weights]


def without_effect(weights: list[float], how: Balance) -> str:
    """Return a line that weights are as good as equal; empty if they are not."""
    if max(weights) > _EQUAL * min(weights):
        return ""
    advice = "; try median_frequency" if how == "effective_number" else ""
    return f"weights by {how}: all are between {min(weights):.3f} and {max(weights):.3f}, no effect{advice}"

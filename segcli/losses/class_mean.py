"""The mean over classes, with or without those that do not occur."""

from typing import Literal

import torch
from torch import Tensor

Absent = Literal["skip", "count"]


def class_counts(true: Tensor, seen: Tensor, absent: Absent) -> Tensor:
    """Return which pairs of image and class count in a mean.

    Args:
        true: ``(G, K)``, pixels that are of the class, of G images (1 where the batch is scored as a whole).
        seen: ``(G, K)``, pixels that are not ignored.
        absent: Whether a pair is left out (``skip``) or not (``count``) where ``true`` is 0. Where ``seen`` is 0, it is
            left out anyway.

    Returns:
        ``(G, K)`` booleans.
    """
    return (true if absent == "skip" else seen) > 0


def class_total(loss: Tensor, counts: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Add up the loss of images and classes.

    Args:
        loss: ``(G, K)``.
        counts: ``(G, K)``, which of them count.
        weights: ``(K,)``, of each class; by default all are 1.

    Returns:
        The weighted sum over all pairs of image and class that count, and the sum of their weights, scalars.
    """
    of_pairs = counts if weights is None else counts * weights
    return (torch.where(counts, loss, 0) * of_pairs).sum(), of_pairs.sum()


def class_mean(total: Tensor, weight: Tensor) -> Tensor:
    """Divide the two sums of :func:`class_total`, or sums of them; 0 where nothing has a weight."""
    return total / torch.where(weight > 0, weight, 1)

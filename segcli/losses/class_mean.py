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


def class_mean(loss: Tensor, counts: Tensor) -> Tensor:
    """Average the loss of images and classes.

    Args:
        loss: ``(G, K)``.
        counts: ``(G, K)``, which of them count.

    Returns:
        The mean over all pairs of image and class that count, a scalar; 0 where there is none.
    """
    return torch.where(counts, loss, 0).sum() / counts.sum().clamp(min=1)

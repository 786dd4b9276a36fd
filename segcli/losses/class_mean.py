"""The mean over classes, with or without those that do not occur."""

from typing import Literal

import torch
from torch import Tensor


def class_mean(loss: Tensor, true: Tensor, seen: Tensor, absent: Literal["skip", "count"]) -> Tensor:
    """Average the loss of G images (1 where the batch is scored as a whole) and K classes.

    Args:
        loss: ``(G, K)``.
        true: ``(G, K)``, pixels that are of the class.
        seen: ``(G, K)``, pixels that are not ignored.
        absent: Whether ``loss`` is left out (``skip``) or not (``count``) where ``true`` is 0. Where ``seen`` is 0,
            it is left out anyway.

    Returns:
        The mean over all pairs of image and class that count, a scalar; 0 where there is none.
    """
    counts = (true if absent == "skip" else seen) > 0
    return torch.where(counts, loss, 0).sum() / counts.sum().clamp(min=1)

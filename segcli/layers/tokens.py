"""Pixels of a map as tokens of attention."""

from torch import Tensor


def tokens_of(x: Tensor) -> Tensor:
    """Map ``(B, C, h, w)`` to ``(B, h w, C)``, row by row."""
    return x.flatten(2).transpose(1, 2)

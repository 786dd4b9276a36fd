"""Where classes meet, from a mask."""

import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.sample import IGNORE_INDEX


def class_edges(mask: Tensor, radius_px: int) -> Tensor:
    """Return which pixels lie at an edge: another class is at most so far away, in rows and in columns.

    Args:
        mask: ``(B, H, W)`` or ``(B, K, H, W)`` integers; of several labels per pixel, edges of any of them count.
        radius_px: How far, at least 1: the edge is twice as wide.

    Returns:
        ``(B, H, W)`` uint8, 0 or 1; ``IGNORE_INDEX`` where an ignored pixel, of any label, is as near.
    """
    labels = (mask.unsqueeze(1) if mask.ndim == 3 else mask).float()
    highest, lowest = _highest(labels, radius_px), -_highest(-labels, radius_px)
    is_edge = (highest != lowest).any(dim=1).to(torch.uint8)
    return torch.where((highest == IGNORE_INDEX).any(dim=1), IGNORE_INDEX, is_edge)


def _highest(values: Tensor, radius: int) -> Tensor:
    """Map ``(B, K, H, W)`` values to the highest of each window; what lies outside of the image does not count."""
    rows = F.max_pool2d(values, (2 * radius + 1, 1), stride=1, padding=(radius, 0))
    return F.max_pool2d(rows, (1, 2 * radius + 1), stride=1, padding=(0, radius))

"""Positions as sines, Vaswani et al. (2017), https://arxiv.org/abs/1706.03762, section 3.5, in two dimensions.

As DETR has them (Carion et al., 2020), https://arxiv.org/abs/2005.12872: rows and columns, each from 0 to 2 pi over the
image, take one half of the channels each, sines and cosines alternating.
"""

import math

import torch
from torch import Tensor

_LONGEST = 10000.0


def sine_positions(x: Tensor) -> Tensor:
    """Return positions for the pixels of a map.

    Args:
        x: ``(B, C, H, W)``, C a multiple of 4; only its shape, type and device count.

    Returns:
        ``(1, C, H, W)``, values from -1 to 1.
    """
    channels, height, width = x.shape[1:]
    rows, columns = (_waves(size, channels // 2, x.device) for size in (height, width))
    both = torch.cat([rows[:, None].expand(-1, width, -1), columns[None].expand(height, -1, -1)], dim=2)
    return both.permute(2, 0, 1)[None].to(x.dtype)


def _waves(size: int, channels: int, device: torch.device) -> Tensor:
    """Return ``(size, channels)``, of which two neighbours are sine and cosine of one angle."""
    position = torch.arange(1, size + 1, device=device) / (size + 1e-6) * 2 * math.pi
    exponent = torch.arange(0, channels, 2, device=device) / channels
    angle = position[:, None] / _LONGEST**exponent
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)

"""Means over windows of a map; for graphs of any size of images as two products with matrices.

What pools over windows that depend on the size asks for that size, which is not known while a model is exported.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def adaptive_means(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Map ``(B, C, H, W)`` to ``(B, C, h, w)``, each the mean of its share of the map, as ``adaptive_avg_pool2d``.

    Args:
        x: Map of any float type.
        size: ``h, w``.
    """
    if not torch.compiler.is_exporting():
        return F.adaptive_avg_pool2d(x, size)
    rows, columns = (_shares(count, side, x) for count, side in zip(size, x.shape[-2:], strict=True))
    return rows @ (x @ columns.T)


def strided_means(x: Tensor, window: int, strides: tuple[int, int]) -> Tensor:
    """Map ``(B, C, H, W)`` to the means of square windows, which cover the whole of a side that is shorter than theirs.

    Args:
        x: Map of any float type.
        window: Height and width of windows.
        strides: From one window to the next, by rows and by columns.
    """
    height, width = x.shape[-2:]
    if torch.compiler.is_exporting():
        rows, columns = (_windows(side, window, by, x) for side, by in zip((height, width), strides, strict=True))
        return rows @ (x @ columns.T)
    x = x.mean(dim=2, keepdim=True) if height <= window else F.avg_pool2d(x, (window, 1), (strides[0], 1))
    return x.mean(dim=3, keepdim=True) if width <= window else F.avg_pool2d(x, (1, window), (1, strides[1]))


def _shares(count: int, side: int, like: Tensor) -> Tensor:
    """Return the ``(count, side)`` weights of shares, which overlap by a pixel where ``side`` is no multiple."""
    each = torch.arange(count, device=like.device)
    return _means(each * side // count, ((each + 1) * side + count - 1) // count, side, like)


def _windows(side: int, window: int, stride: int, like: Tensor) -> Tensor:
    """Return the ``(n, side)`` weights of windows; there is one where they are larger than the side."""
    count = torch.sym_max(side - window, 0) // stride + 1
    starts = torch.arange(count, device=like.device) * stride
    return _means(starts, starts + window, side, like)


def _means(starts: Tensor, ends: Tensor, side: int, like: Tensor) -> Tensor:
    places = torch.arange(side, device=like.device)
    inside = ((places >= starts[:, None]) & (places < ends[:, None])).to(like.dtype)
    return inside / inside.sum(dim=1, keepdim=True)

"""The one way in which maps change their size.

Bilinear with ``align_corners=False``: pixels are areas, so that resizing commutes with flipping and does not depend
on how far the image was padded. Sizes, never scale factors: a map of 7 pixels next to one of 13 just works.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F


def resize(
    x: Tensor,
    *,
    like: Tensor | None = None,
    size: tuple[int, int] | None = None,
    mode: Literal["bilinear", "nearest"] = "bilinear",
    align_corners: bool = False,
) -> Tensor:
    """Resize ``(B, C, h, w)`` to ``(B, C, H, W)``; the tensor itself comes back where nothing is to be done.

    Args:
        x: Map of any float type.
        like: Tensor whose last two dimensions are ``H, W``; give this or ``size``. A map of one pixel takes its memory
            format, too.
        size: ``H, W`` in pixels.
        mode: Kind of interpolation.
        align_corners: For ``bilinear``: whether corners are pixel centres, which some published decoders use inside.

    Raises:
        ValueError: If not exactly one of ``like`` and ``size`` is given.
    """
    if (like is None) == (size is None):
        raise ValueError("resize got both or neither of like and size, expected one; give the one that holds H and W.")
    height, width = like.shape[-2:] if like is not None else size or (0, 0)
    is_traced = torch.compiler.is_exporting()  # sizes are unknown then, and nothing is asked of them
    if not is_traced and (height, width) == tuple(x.shape[-2:]):
        return x
    y = F.interpolate(x, (height, width), mode=mode, align_corners=align_corners if mode == "bilinear" else None)
    if is_traced:
        return y
    if like is not None and x.shape[-2:] == (1, 1) and like.is_contiguous(memory_format=torch.channels_last):
        return y.contiguous(memory_format=torch.channels_last)  # a single pixel does not tell its memory format
    return y

"""A 1x1 convolution of levels concatenated at one size, without their concatenation.

The convolution is a matrix product per pixel, and resizing averages pixels with weights that add up to 1: the two
commute. So every level is multiplied by its columns of the matrix at its own size, and only then resized and added up.
For a pyramid of halvings that is a third of the products, and no map of all channels at the finest size.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize


def fuse_levels(fuse: ConvNormAct, levels: Sequence[Tensor], like: Tensor) -> Tensor:
    """Return what ``fuse`` makes of the concatenation of all levels, each resized like a tensor.

    Args:
        fuse: Block with a kernel of one pixel.
        levels: ``(B, C_i, h_i, w_i)``, in the order in which the channels of ``fuse`` come.
        like: Tensor whose last two dimensions are ``H, W``.
    """
    columns = torch.split(fuse.conv.weight, [level.shape[1] for level in levels], dim=1)
    parts = [resize(F.conv2d(level, part), like=like) for level, part in zip(levels, columns, strict=True)]
    return fuse.act(fuse.norm(sum(parts[1:], start=parts[0])))

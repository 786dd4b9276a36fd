"""Atrous spatial pyramid pooling of DeepLabV3 (Chen et al., 2017), https://arxiv.org/abs/1706.05587, section 3.3."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize
from segcli.layers.separable_conv_norm_act import SeparableConvNormAct


class ASPP(nn.Module):
    """Look at every pixel alone, at its surroundings at several rates, and at the whole image; fuse what is seen.

    Args:
        in_channels: Channels of the map.
        width: Channels of every branch and of the output.
        rates: Dilation of each 3x3 convolution, in pixels of the map.
        separable: Whether these convolutions are depthwise separable.
    """

    def __init__(self, in_channels: int, width: int, rates: Sequence[int], separable: bool) -> None:
        super().__init__()
        conv = SeparableConvNormAct if separable else ConvNormAct
        self.local = ConvNormAct(in_channels, width, kernel_size=1)
        self.atrous = nn.ModuleList(conv(in_channels, width, dilation=rate) for rate in rates)
        self.image = ConvNormAct(in_channels, width, kernel_size=1)
        self.fuse = ConvNormAct(width * (len(rates) + 2), width, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, in_channels, H, W)`` to ``(B, width, H, W)``, values from 0 up."""
        image = resize(self.image(F.adaptive_avg_pool2d(x, 1)), like=x)
        return self.fuse(torch.cat([self.local(x), *(conv(x) for conv in self.atrous), image], dim=1))

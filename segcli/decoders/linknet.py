"""LinkNet (Chaurasia & Culurciello, 2017), https://arxiv.org/abs/1707.03718, section 3 and figure 2.

Deviations, as in segmentation-models-pytorch: the steps to full resolution are blocks like the others, and transposed
convolutions have no bias, which normalisation takes out. Its weights fit with ``kernel_size: 4``, but for these biases.
"""

import itertools
from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.full_resolution import doubled_sizes, step_widths
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec
from segcli.layers.batch_norm import BatchNorm
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize


class LinkNet(Decoder):
    """Reduce channels, double the size by a transposed convolution, add the level of that size; on to full resolution.

    Args:
        features: Backbone pyramid, finest level first.
        width: Channels of the steps beyond the finest level and of the output.
        kernel_size: Height and width of the transposed convolutions' kernels.

    Raises:
        ValueError: If ``features`` is empty or ``width`` is below 1.
    """

    def __init__(self, features: Sequence[FeatureSpec], width: int = 32, kernel_size: Literal[3, 4] = 3) -> None:
        super().__init__()
        expect_at_least_one("LinkNet", width=width)
        levels = deepest("LinkNet", features)[::-1]
        self.full_stride = levels[-1].stride
        beyond = len(step_widths("LinkNet", features, None)) + 1 - len(levels)
        widths = [f.channels for f in levels] + [width] * beyond
        strides = [f.stride for f in levels]
        doubles = [coarse > fine for coarse, fine in itertools.pairwise(strides)] + [self.full_stride > 1] * beyond
        self.steps = nn.ModuleList(
            _Step(wide, narrow, kernel_size, double)
            for (wide, narrow), double in zip(itertools.pairwise(widths), doubles, strict=True)
        )
        self.out_channels, self.out_stride = widths[-1], 1

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, width, H, W)``, values from 0 up."""
        x, skips = features[-1], features[-2::-1]
        for step, skip in zip(self.steps, skips, strict=False):
            x = step(x, size=skip.shape[-2:]) + skip
        rest = self.steps[len(skips) :]
        for step, size in zip(rest, doubled_sizes(features[0], self.full_stride, len(rest)), strict=True):
            x = step(x, size=size)
        return x


class _Step(nn.Module):
    """A bottleneck around a transposed convolution."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, doubles: bool) -> None:
        super().__init__()
        width = max(1, in_channels // 4)
        self.reduce = ConvNormAct(in_channels, width, kernel_size=1)
        stride = 2 if doubles else 1
        conv = nn.ConvTranspose2d(
            width, width, kernel_size, stride, padding=1, output_padding=int(doubles and kernel_size == 3), bias=False
        )
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        self.enlarge = nn.Sequential(conv, BatchNorm(width), nn.ReLU(inplace=True))
        self.expand = ConvNormAct(width, out_channels, kernel_size=1)

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """Map ``(B, in_channels, h, w)`` to ``(B, out_channels, *size)``, values from 0 up."""
        x = self.expand(self.enlarge(self.reduce(x)))
        return resize(x, size=size, mode="nearest")  # of one pixel more: without the last

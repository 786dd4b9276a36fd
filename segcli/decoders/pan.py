"""Pyramid Attention Network (Li et al., 2018), https://arxiv.org/abs/1805.10180, section 3 and figures 2 to 4.

Its backbone has output stride 16 (section 4.1). As in segmentation-models-pytorch, the pyramid of the deepest level has
one channel, and 32 channels are the default. Deviation: convolutions before a normalisation have no bias, which it
takes out. Weights of that library fit with ``align_corners: true``, but for these biases.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from segcli.decoders.base import Decoder
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize

_LEVELS = 4


class PAN(Decoder):
    """Weigh the pixels of the deepest level by a pyramid, the channels of finer ones by what lies below; add them up.

    Args:
        features: Backbone pyramid, finest level first; the last four levels are used, fewer are fine.
        width: Channels of every level and of the output.
        align_corners: Whether maps are resized with corners as pixel centres.

    Raises:
        ValueError: If ``features`` is empty or ``width`` is below 1.
    """

    meant_stride = 16

    def __init__(self, features: Sequence[FeatureSpec], width: int = 32, align_corners: bool = False) -> None:
        super().__init__()
        expect_at_least_one("PAN", width=width)
        *finer, deep = deepest("PAN", features, most=_LEVELS)
        self.out_channels, self.out_stride = width, features[-_LEVELS:][0].stride
        self.attend = _FeaturePyramidAttention(deep.channels, width, align_corners)
        self.climb = nn.ModuleList(_GlobalAttentionUpsample(f.channels, width, align_corners) for f in reversed(finer))

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, width, H/s_j, W/s_j)``.

        ``j`` is the finest of the last four levels. Values from 0 up.
        """
        *finer, deep = features[-_LEVELS:]
        x = self.attend(deep)
        for climb, level in zip(self.climb, reversed(finer), strict=True):
            x = climb(level, x)
        return x


class _FeaturePyramidAttention(nn.Module):
    """Multiply a map by what a pyramid of growing surroundings says of each pixel, add the mean of the image."""

    def __init__(self, in_channels: int, width: int, align_corners: bool) -> None:
        super().__init__()
        self.align_corners = align_corners
        self.image = ConvNormAct(in_channels, width, kernel_size=1)
        self.pixel = ConvNormAct(in_channels, width, kernel_size=1)
        self.down = nn.ModuleList((ConvNormAct(in_channels, 1, 7), ConvNormAct(1, 1, 5), ConvNormAct(1, 1, 3)))
        self.across = nn.ModuleList((ConvNormAct(1, 1, 3), ConvNormAct(1, 1, 5), ConvNormAct(1, 1, 7)))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, in_channels, H, W)`` to ``(B, width, H, W)``, values from 0 up."""
        maps = [x]
        for down in self.down:
            maps.append(down(F.max_pool2d(maps[-1], 2, ceil_mode=True)))
        attention = maps.pop()
        attention = self.across[0](attention)
        for across, finer in zip(self.across[1:], reversed(maps[1:]), strict=True):
            attention = across(finer) + resize(attention, like=finer, align_corners=self.align_corners)
        attention = resize(attention, like=x, align_corners=self.align_corners)
        return self.pixel(x) * attention + self.image(F.adaptive_avg_pool2d(x, 1))


class _GlobalAttentionUpsample(nn.Module):
    """Weigh the channels of a fine map by the mean of a coarse one, add the coarse one."""

    def __init__(self, in_channels: int, width: int, align_corners: bool) -> None:
        super().__init__()
        self.align_corners = align_corners
        self.weigh = ConvNormAct(width, width, kernel_size=1, act=False)
        self.reduce = ConvNormAct(in_channels, width)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """Map ``(B, in_channels, H, W)`` and ``(B, width, h, w)`` to ``(B, width, H, W)``."""
        weights = self.weigh(F.adaptive_avg_pool2d(coarse, 1)).sigmoid()
        return resize(coarse, like=fine, align_corners=self.align_corners) + self.reduce(fine) * weights

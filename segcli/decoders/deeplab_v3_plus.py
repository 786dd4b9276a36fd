"""DeepLabV3+ (Chen et al., 2018), https://arxiv.org/abs/1802.02611, section 3 and figure 2.

Meant for a backbone of ``output_stride: 16`` or 8; on one without that option it runs at its last stride. Between the
two convolutions of a separable one stands no normalisation, which the paper adds in its backbone only. Deviation:
dropout after pyramid pooling, as in segmentation-models-pytorch, whose weights fit with ``convs: 1, smooth: true,
align_corners: true``.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec
from segcli.layers.aspp import ASPP
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize
from segcli.layers.separable_conv_norm_act import SeparableConvNormAct

_LOW_STRIDE, _LOW_WIDTH = 4, 48
_RATES, _RATES_AT_8 = [6, 12, 18], [12, 24, 36]


class DeepLabV3Plus(Decoder):
    """Look at the deepest level at several rates, resize to a fine level, concatenate, convolve.

    Args:
        features: Backbone pyramid, finest level first; the deepest is used, and the first of stride 4 or more.
        width: Channels of every branch and of the output.
        rates: Dilation of each 3x3 convolution on the deepest level. By default 6, 12, 18; for a stride of 8 or less
            12, 24, 36.
        low_level: Whether the fine level is used; without it this is DeepLabV3, with the deepest level's stride.
        separable: Whether 3x3 convolutions are depthwise separable.
        convs: How many 3x3 convolutions follow the concatenation.
        smooth: Whether a 3x3 convolution follows the pooling.
        align_corners: Whether the deep map is resized with corners as pixel centres.
        dropout: Share of values zeroed after the pooling in training, 0 to 1.

    Raises:
        ValueError: If ``features`` is empty, or of one level while ``low_level`` is true, or if ``convs`` or a rate is
            less than 1.
    """

    meant_stride = 16

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        width: int = 256,
        rates: list[int] | None = None,
        low_level: bool = True,
        separable: bool = True,
        convs: int = 2,
        smooth: bool = False,
        align_corners: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        expect_at_least_one(type(self).__name__, width=width, rates=rates, convs=convs)
        levels = deepest(type(self).__name__, features, least=1 + low_level)
        deep = levels[-1]
        if rates is None:
            rates = _RATES_AT_8 if deep.stride <= 8 else _RATES
        conv = SeparableConvNormAct if separable else ConvNormAct
        self.aspp = ASPP(deep.channels, width, rates, separable)
        self.dropout = nn.Dropout(dropout)
        self.smooth = conv(width, width) if smooth else nn.Identity()
        self.align_corners = align_corners
        self.low_index: int | None = None
        self.out_channels, self.out_stride = width, deep.stride
        if low_level:
            coarse = (i for i, level in enumerate(levels[:-1]) if level.stride >= _LOW_STRIDE)
            self.low_index = next(coarse, len(levels) - 2)
            low = levels[self.low_index]
            self.low = ConvNormAct(low.channels, _LOW_WIDTH, kernel_size=1)
            widths = [width + _LOW_WIDTH] + [width] * (convs - 1)
            self.fuse = nn.Sequential(*(conv(channels, width) for channels in widths))
            self.out_stride = low.stride

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, width, H/s_j, W/s_j)``.

        ``j`` is the fine level, or the deepest without ``low_level``. Values from 0 up.
        """
        x = self.smooth(self.dropout(self.aspp(features[-1])))
        if self.low_index is None:
            return x
        low = self.low(features[self.low_index])
        return self.fuse(torch.cat([resize(x, like=low, align_corners=self.align_corners), low], dim=1))

"""Fully convolutional head (Long et al., 2015), https://arxiv.org/abs/1411.4038, section 4.

In the form in which it is used as an auxiliary head since PSPNet (Zhao et al., 2017),
https://arxiv.org/abs/1612.01105, section 3.3: a convolution on one level, and a classifier. Deviation from both: no
learnt upsampling; logits are resized to the image as those of any decoder.
"""

import itertools
from collections.abc import Sequence

from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest, level_at
from segcli.features import FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct


class FCN(Decoder):
    """Convolve one level of the backbone, a plain baseline and an auxiliary head of others.

    Args:
        features: Backbone pyramid, finest level first.
        level: Which of them, counted from 0; negative ones count from the deepest.
        width: Channels of each convolution and of the output.
        convolutions: How many 3x3 convolutions there are, each with normalisation and ReLU.
        dropout: Share of output channels zeroed in training, 0 to 1.

    Raises:
        ValueError: If ``features`` is empty or has no such level, or a number is below 1.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        level: int = -1,
        width: int = 256,
        convolutions: int = 1,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        expect_at_least_one("FCN", width=width, convolutions=convolutions)
        spec = level_at("FCN", deepest("FCN", features), level)
        self.level, self.out_channels, self.out_stride = level, width, spec.stride
        widths = [spec.channels] + [width] * convolutions
        self.convolutions = nn.Sequential(*(ConvNormAct(*pair) for pair in itertools.pairwise(widths)))
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, width, H/s_j, W/s_j)`` of the chosen one."""
        return self.dropout(self.convolutions(features[self.level]))

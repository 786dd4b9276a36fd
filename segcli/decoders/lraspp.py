"""Lite R-ASPP of MobileNetV3 (Howard et al., 2019), https://arxiv.org/abs/1905.02244, section 6.3 and figure 10.

Meant for a backbone of ``output_stride: 16``; on one without that option it runs at its last stride. The paper adds the
logits of a deep and of a fine map; here the classifier takes both maps at once, which is the same. Its weights are
those of torchvision's two classifiers beside each other.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize
from segcli.layers.window_means import strided_means

_WINDOW, _STRIDES = 49, (16, 20)


class LRASPP(Decoder):
    """Weigh the channels of the deepest level by averages over large windows, put a finer level beside it.

    Windows of 49 x 49 pixels of the map, 16 apart vertically and 20 horizontally; a smaller map is one window.

    Args:
        features: Backbone pyramid, finest level first; the deepest is used, and the last of finer stride, or the one
            before it where all strides are equal.
        width: Channels that the deepest level is reduced to. The output has those of the fine level, too.

    Raises:
        ValueError: If there are fewer than 2 levels or ``width`` is below 1.
    """

    meant_stride = 16

    def __init__(self, features: Sequence[FeatureSpec], width: int = 128) -> None:
        super().__init__()
        expect_at_least_one("LRASPP", width=width)
        *finer, deep = deepest("LRASPP", features, least=2)
        at = (i for i in reversed(range(len(finer))) if finer[i].stride < deep.stride)
        self.fine_index = next(at, len(finer) - 1)
        fine = finer[self.fine_index]
        self.out_channels, self.out_stride = width + fine.channels, fine.stride
        self.reduce = ConvNormAct(deep.channels, width, kernel_size=1)
        self.weigh = nn.Conv2d(deep.channels, width, 1, bias=False)
        nn.init.xavier_uniform_(self.weigh.weight)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, width + C_j, H/s_j, W/s_j)`` of the fine level ``j``."""
        deep, fine = features[-1], features[self.fine_index]
        weights = self.weigh(strided_means(deep, _WINDOW, _STRIDES)).sigmoid()
        x = self.reduce(deep) * resize(weights, like=deep)
        return torch.cat([resize(x, like=fine), fine], dim=1)

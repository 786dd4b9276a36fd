"""UPerNet (Xiao et al., 2018), https://arxiv.org/abs/1807.10221, section 3.1 and figure 4, for one kind of labels.

The pyramid is that of Lin et al. (2017), https://arxiv.org/abs/1612.03144, above the pyramid pooling of Zhao et al.
(2017), https://arxiv.org/abs/1612.01105. Deviation: dropout before the classifier, as in MMSegmentation.
Weights of segmentation-models-pytorch fit with ``norm_levels: true``; it normalises what comes from the backbone first.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.layer_norm import LayerNorm
from segcli.layers.pyramid_pooling import PyramidPooling
from segcli.layers.resize import resize

_LEVELS = 4


class UPerNet(Decoder):
    """Pool the deepest level over grids, add levels top-down, smooth every sum, fuse all at the finest.

    Args:
        features: Backbone pyramid, finest level first; the last four levels are used, fewer are fine.
        width: Channels of the pooled grids, of every level and of the output.
        dropout: Share of output channels zeroed in training, 0 to 1.
        norm_levels: Whether every level is normalised over its channels before anything else.

    Raises:
        ValueError: If ``features`` is empty or ``width`` is below 1.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        width: int = 512,
        dropout: float = 0.1,
        norm_levels: bool = False,
    ) -> None:
        super().__init__()
        expect_at_least_one("UPerNet", width=width)
        levels = deepest("UPerNet", features, most=_LEVELS)
        self.out_channels, self.out_stride = width, levels[0].stride
        self.norms = nn.ModuleList(LayerNorm(f.channels) if norm_levels else nn.Identity() for f in levels)
        pooling = PyramidPooling(levels[-1].channels, width)
        self.pool = nn.Sequential(pooling, ConvNormAct(pooling.out_channels, width))
        self.laterals = nn.ModuleList(ConvNormAct(f.channels, width, kernel_size=1) for f in reversed(levels[:-1]))
        self.smooth = nn.ModuleList(ConvNormAct(width, width) for _ in levels[:-1])
        self.fuse = ConvNormAct(width * len(levels), width)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, width, H/s_j, W/s_j)``.

        ``j`` is the finest of the last four levels. Values from 0 up.
        """
        *finer, deep = (norm(x) for norm, x in zip(self.norms, features[-_LEVELS:], strict=True))
        x = self.pool(deep)
        outputs = [x]
        for lateral, smooth, level in zip(self.laterals, self.smooth, reversed(finer), strict=True):
            side = lateral(level)
            x = side + resize(x, like=side)  # goes on unsmoothed
            outputs.append(smooth(x))
        return self.dropout(self.fuse(torch.cat([resize(y, like=x) for y in reversed(outputs)], dim=1)))

"""All-MLP decoder of SegFormer (Xie et al., 2021), https://arxiv.org/abs/2105.15203, section 3.2.

Weights of the authors fit (coarsest level first), as do those of segmentation-models-pytorch, which takes a fifth
level of CNNs: ``levels: 5``.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.fuse_levels import fuse_levels

_LEVELS = 4


class SegFormer(Decoder):
    """Project every level to one width, resize to the finest, concatenate, fuse.

    Args:
        features: Backbone pyramid, finest level first; the last ``levels`` are used, fewer are fine.
        width: Channels of every projected level and of the output: 256 in the paper for the two smallest backbones,
            768 for the larger ones.
        dropout: Share of output channels zeroed in training, 0 to 1.
        levels: How many levels are used; a fifth is resized to the finest of the last four, like the others.

    Raises:
        ValueError: If ``features`` is empty or a number is below 1.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        width: int = 256,
        dropout: float = 0.1,
        levels: int = 4,
    ) -> None:
        super().__init__()
        expect_at_least_one("SegFormer", width=width, levels=levels)
        used = deepest("SegFormer", features, most=levels)
        self.out_channels, self.out_stride = width, used[-_LEVELS:][0].stride
        self.project = nn.ModuleList(nn.Conv2d(f.channels, width, 1) for f in reversed(used))
        self.fuse = ConvNormAct(width * len(used), width, kernel_size=1)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, width, H/s_j, W/s_j)``.

        ``j`` is the finest of the last four used levels. Values from 0 up.
        """
        levels = features[: -len(self.project) - 1 : -1]  # coarsest first, like the modules
        projected = [project(x) for project, x in zip(self.project, levels, strict=True)]
        return self.dropout(fuse_levels(self.fuse, projected, like=levels[:_LEVELS][-1]))

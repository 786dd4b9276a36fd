"""Decoder of SegNeXt (Guo et al., 2022), https://arxiv.org/abs/2209.08575, section 3.2 and figure 3.

Its global context is the Hamburger of Geng et al. (2021), https://arxiv.org/abs/2109.04553. Deviations: the bases are
drawn once, see :mod:`segcli.layers.nmf`; dropout before the classifier, as in MMSegmentation.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.fuse_levels import fuse_levels
from segcli.layers.group_norm import expect_groups
from segcli.layers.nmf import NMF

_LEVELS, _NORM_GROUPS = 3, 32


class Hamburger(Decoder):
    """Fuse the deepest levels, add what a map of low rank says of the whole image, convolve.

    Args:
        features: Backbone pyramid, finest level first; the last three levels are used, fewer are fine.
        width: Channels of the fused levels and of the output, a multiple of 32: 256 for the smaller backbones of
            SegNeXt, 512 for its base, 1024 for its large one.
        rank: Rank of the approximation.
        steps: Updates of the approximation in training.
        eval_steps: Updates in evaluation.
        one_step_gradient: Whether only the last update has a gradient, as Hamburger's authors propose, which saves time
            and memory; SegNeXt's code differentiates all of them.
        dropout: Share of output channels zeroed in training, 0 to 1.

    Raises:
        ValueError: If ``features`` is empty, a number is below 1, or ``width`` is no multiple of 32.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        width: int = 256,
        rank: int = 64,
        steps: int = 6,
        eval_steps: int = 7,
        one_step_gradient: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        expect_at_least_one("Hamburger", width=width, rank=rank, steps=steps, eval_steps=eval_steps)
        levels = deepest("Hamburger", features, most=_LEVELS)
        expect_groups("Hamburger", "width", width, _NORM_GROUPS)
        self.out_channels, self.out_stride = width, levels[0].stride
        self.fuse = ConvNormAct(sum(f.channels for f in levels), width, kernel_size=1, norm_groups=_NORM_GROUPS)
        self.lower_bread = nn.Sequential(nn.Conv2d(width, width, 1), nn.ReLU(inplace=True))
        self.ham = NMF(width, rank, steps, eval_steps, one_step_gradient)
        self.upper_bread = ConvNormAct(width, width, kernel_size=1, norm_groups=_NORM_GROUPS, act=False)
        self.align = ConvNormAct(width, width, kernel_size=1, norm_groups=_NORM_GROUPS)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, width, H/s_j, W/s_j)``.

        ``j`` is the finest of the last three levels. Values from 0 up.
        """
        levels = features[-_LEVELS:]
        x = fuse_levels(self.fuse, levels, like=levels[0])
        x = (x + self.upper_bread(self.ham(self.lower_bread(x)))).relu()
        return self.dropout(self.align(x))

"""Panoptic FPN's semantic branch (Kirillov et al., 2019), https://arxiv.org/abs/1901.02446, section 3 and figure 3.

The pyramid below it is that of Lin et al. (2017), https://arxiv.org/abs/1612.03144. Deviations: dropout before the
classifier, no 3x3 convolution after the top-down sums, and bilinear upsampling with aligned corners, all three as in
segmentation-models-pytorch, whose weights fit. Maps are resized to the next level's own size rather than doubled,
which is the same for a pyramid of halvings, and works for any other, a plain ViT's equal levels included.

Laterals are linear, so they start with unit gain (Xavier) and zero bias; the rest starts as in ``ConvNormAct``.
"""

import itertools
from collections.abc import Sequence

from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec
from segcli.layers.group_norm import GroupNorm, expect_groups
from segcli.layers.resize import resize

_LEVELS = 4
_NORM_GROUPS = 32


class FPN(Decoder):
    """Add the deepest levels top-down, bring each sum to the finest of them by small steps, add them up.

    Args:
        features: Backbone pyramid, finest level first; the last four levels are used, fewer are fine.
        pyramid_channels: Channels of the top-down sums.
        segmentation_channels: Channels of the steps and of the output, a multiple of 32.
        dropout: Share of output channels zeroed in training, 0 to 1.

    Raises:
        ValueError: If ``features`` is empty, a number is below 1, or ``segmentation_channels`` is no multiple of 32.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        pyramid_channels: int = 256,
        segmentation_channels: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        expect_at_least_one("FPN", pyramid_channels=pyramid_channels, segmentation_channels=segmentation_channels)
        levels = deepest("FPN", features, most=_LEVELS)
        expect_groups("FPN", "segmentation_channels", segmentation_channels, _NORM_GROUPS)
        self.out_channels, self.out_stride = segmentation_channels, levels[0].stride
        self.laterals = nn.ModuleList(_lateral(f.channels, pyramid_channels) for f in reversed(levels))
        self.climbs = nn.ModuleList(
            _Climb(pyramid_channels, segmentation_channels, steps=max(1, level))
            for level in reversed(range(len(levels)))
        )
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, segmentation_channels, H/s_j, W/s_j)``.

        ``j`` is the finest of the last four levels. Values from 0 up.
        """
        levels = features[-_LEVELS:][::-1]  # coarsest first, like the modules
        pyramid: list[Tensor] = []
        for lateral, level in zip(self.laterals, levels, strict=True):
            side = lateral(level)
            pyramid.append(side + resize(pyramid[-1], like=side, mode="nearest") if pyramid else side)
        climbed = [
            climb(x, levels[i + 1 :] or levels[-1:])
            for i, (climb, x) in enumerate(zip(self.climbs, pyramid, strict=True))
        ]
        return self.dropout(sum(climbed[1:], start=climbed[0]))


class _Climb(nn.Module):
    """Convolve and resize to the next finer level, as often as there are finer levels."""

    def __init__(self, in_channels: int, out_channels: int, steps: int) -> None:
        super().__init__()
        widths = [in_channels] + [out_channels] * steps
        self.steps = nn.ModuleList(_conv_group_norm(*pair) for pair in itertools.pairwise(widths))

    def forward(self, x: Tensor, finer: Sequence[Tensor]) -> Tensor:
        """Map ``(B, in_channels, h, w)`` to ``(B, out_channels, H, W)`` of the last level of ``finer``."""
        for step, level in zip(self.steps, finer, strict=True):
            x = resize(step(x), like=level, align_corners=True)
        return x


def _lateral(in_channels: int, out_channels: int) -> nn.Conv2d:
    conv = nn.Conv2d(in_channels, out_channels, 1)
    nn.init.xavier_uniform_(conv.weight)
    nn.init.zeros_(conv.bias)  # type: ignore[arg-type] # made with a bias
    return conv


def _conv_group_norm(in_channels: int, out_channels: int) -> nn.Sequential:
    conv = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(conv, GroupNorm(_NORM_GROUPS, out_channels), nn.ReLU(inplace=True))

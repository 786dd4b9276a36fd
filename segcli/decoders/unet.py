"""U-Net (Ronneberger et al., 2015), https://arxiv.org/abs/1505.04597, on top of any backbone.

Deviations, as in segmentation-models-pytorch, whose weights fit: nearest upsampling instead of transposed
convolutions, padded convolutions with batch normalisation, and, because backbones start at stride 2 or more, blocks
without a skip connection that lead on to full resolution, one per doubling.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.decoders.full_resolution import doubled_sizes, step_widths
from segcli.decoders.levels import deepest
from segcli.decoders.staged_decoder import StagedDecoder
from segcli.features import FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize


class UNet(StagedDecoder):
    """Resize the deepest level to the next finer, concatenate, convolve twice; on to full resolution.

    Args:
        features: Backbone pyramid, finest level first.
        channels: Width of every block, coarsest first. By default 16 for the last and twice the width for each
            before it, up to 256: 256, 128, 64, 32, 16 for the usual five levels.

    Raises:
        ValueError: If ``features`` is empty or ``channels`` has not one entry per block.
    """

    classifier_kernel = 3

    def __init__(self, features: Sequence[FeatureSpec], channels: list[int] | None = None) -> None:
        super().__init__()
        features = deepest("UNet", features)
        self.full_stride = features[0].stride
        widths = step_widths("UNet", features, channels)
        skips = [f.channels for f in reversed(features[:-1])]
        self.out_channels, self.out_stride, self.stage_channels = widths[-1], 1, widths
        skips += [0] * (len(widths) - len(skips))
        inputs = [features[-1].channels, *widths[:-1]]
        self.blocks = nn.ModuleList(
            nn.Sequential(ConvNormAct(wide + skip, width), ConvNormAct(width, width))
            for wide, skip, width in zip(inputs, skips, widths, strict=True)
        )

    def stages(self, features: Sequence[Tensor], count: int | None = None) -> list[Tensor]:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to what every block gives, values from 0 up.

        The last is ``(B, channels[-1], H, W)``.
        """
        finer = features[-2::-1]
        without = len(self.blocks) - len(finer)
        sizes = [(x.shape[-2], x.shape[-1]) for x in finer] + doubled_sizes(features[0], self.full_stride, without)
        stages, skips = [features[-1]], [*finer, *[None] * without]
        for block, size, skip in zip(self.blocks[:count], sizes, skips, strict=False):
            up = resize(stages[-1], size=size, mode="nearest")
            stages.append(block(up if skip is None else torch.cat([up, skip], dim=1)))
        return stages[1:]

"""U-Net (Ronneberger et al., 2015), https://arxiv.org/abs/1505.04597, on top of any backbone.

Deviations, as in segmentation-models-pytorch, whose weights fit: nearest upsampling instead of transposed
convolutions, padded convolutions with batch normalisation, and, because backbones start at stride 2 or more, blocks
without a skip connection that lead on to full resolution, one per doubling.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize

_FINEST_WIDTH, _WIDEST = 16, 256


class UNet(Decoder):
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
        skips = [f.channels for f in reversed(features[:-1])]
        self.full_stride = features[0].stride
        doublings = (self.full_stride - 1).bit_length()
        blocks = max(1, len(skips) + doublings)
        if channels is None:
            channels = [min(_WIDEST, _FINEST_WIDTH << step) for step in reversed(range(blocks))]
        if len(channels) != blocks:
            raise ValueError(
                f"UNet got {len(channels)} channels, expected {blocks}: one for each of {len(skips)} skip connections "
                f"and {blocks - len(skips)} blocks without; leave them out or give {blocks} numbers."
            )
        self.out_channels, self.out_stride = channels[-1], 1
        skips += [0] * (blocks - len(skips))
        inputs = [features[-1].channels, *channels[:-1]]
        self.blocks = nn.ModuleList(
            nn.Sequential(ConvNormAct(wide + skip, width), ConvNormAct(width, width))
            for wide, skip, width in zip(inputs, skips, channels, strict=True)
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, channels[-1], H, W)``, values from 0 up."""
        x, skips = features[-1], features[-2::-1]
        height, width = features[0].shape[-2:]
        for index, block in enumerate(self.blocks):
            if index < len(skips):
                x = torch.cat([resize(x, like=skips[index], mode="nearest"), skips[index]], dim=1)
            else:  # a stride that is no power of two, such as a ViT's 14, is reached in the last block
                scale = min(2 ** (index - len(skips) + 1), self.full_stride)
                x = resize(x, size=(height * scale, width * scale), mode="nearest")
            x = block(x)
        return x

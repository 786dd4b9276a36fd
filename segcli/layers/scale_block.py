"""Twice the size, as ViT-based heads do it: learnt, with little mixing between channels."""

from torch import nn

from segcli.layers.layer_norm import LayerNorm


class ScaleBlock(nn.Sequential):
    """Map ``(B, C, H, W)`` to ``(B, C, 2 H, 2 W)``.

    A transposed convolution of 2x2 pixels, GELU, a depthwise 3x3 convolution and a layer norm, as in EoMT (Kerssies et
    al., 2025), https://arxiv.org/abs/2503.19108, section 3.2.

    Args:
        channels: C.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(
            nn.ConvTranspose2d(channels, channels, 2, stride=2),
            nn.GELU(),
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
            LayerNorm(channels),
        )

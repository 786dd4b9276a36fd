"""MA-Net (Fan et al., 2020), https://doi.org/10.1109/ACCESS.2020.3025372, section III, on top of any backbone.

Deviations, as in segmentation-models-pytorch: nearest upsampling, and blocks without a skip connection that lead on to
full resolution. Its weights fit; its map differs, because its attention between positions is normalised over pairs of
them and then written into the wrong places.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.decoders.base import Decoder
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.full_resolution import doubled_sizes, step_widths
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec
from segcli.layers.channel_gate import ChannelGate
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize
from segcli.layers.tokens import tokens_of


class MANet(Decoder):
    """A U-Net whose deepest level attends to itself and whose levels are weighed by channel before they are joined.

    Args:
        features: Backbone pyramid, finest level first.
        channels: Width of every block, coarsest first. By default 16 for the last and twice the width for each
            before it, up to 256: 256, 128, 64, 32, 16 for the usual five levels.
        attention_width: Channels in which positions of the deepest level are compared.
        reduction: How many times fewer channels the hidden layer of a channel gate has.

    Raises:
        ValueError: If ``features`` is empty, ``channels`` has not one entry per block, or a number is below 1.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        channels: list[int] | None = None,
        attention_width: int = 64,
        reduction: int = 16,
    ) -> None:
        super().__init__()
        expect_at_least_one("MANet", attention_width=attention_width, reduction=reduction)
        features = deepest("MANet", features)
        self.full_stride = features[0].stride
        widths = step_widths("MANet", features, channels)
        skips = [f.channels for f in reversed(features[:-1])]
        inputs = [features[-1].channels, *widths[:-1]]
        self.attend = _PositionAttention(features[-1].channels, attention_width)
        self.fuse = nn.ModuleList(
            _MultiScaleFusion(wide, skip, width, reduction)
            for wide, skip, width in zip(inputs, skips, widths, strict=False)
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(ConvNormAct(wide, width), ConvNormAct(width, width))
            for wide, width in zip(inputs[len(skips) :], widths[len(skips) :], strict=True)
        )
        self.out_channels, self.out_stride = widths[-1], 1

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, channels[-1], H, W)``, values from 0 up."""
        x = self.attend(features[-1])
        for fuse, skip in zip(self.fuse, features[-2::-1], strict=True):
            x = fuse(x, skip)
        sizes = doubled_sizes(features[0], self.full_stride, len(self.blocks))
        for block, size in zip(self.blocks, sizes, strict=True):
            x = block(resize(x, size=size, mode="nearest"))
        return x


class _PositionAttention(nn.Module):
    """Add to every position the values of all, weighed by how alike they are."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.key = nn.Conv2d(channels, width, 1)
        self.query = nn.Conv2d(channels, width, 1)
        self.value = nn.Conv2d(channels, channels, 3, padding=1)
        self.out = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, channels, H, W)`` to the same shape."""
        query, key, value = (tokens_of(conv(x)).unsqueeze(1) for conv in (self.query, self.key, self.value))
        attended = F.scaled_dot_product_attention(query, key, value, scale=1.0)  # (B, 1, HW, channels)
        return self.out(x + attended.squeeze(1).transpose(1, 2).reshape(x.shape))


class _MultiScaleFusion(nn.Module):
    """Bring a coarse map to the width and size of a level, weigh its channels by both, join them, convolve twice."""

    def __init__(self, in_channels: int, skip_channels: int, width: int, reduction: int) -> None:
        super().__init__()
        self.reduce = nn.Sequential(
            ConvNormAct(in_channels, in_channels), ConvNormAct(in_channels, skip_channels, kernel_size=1)
        )
        self.gate_skip = ChannelGate(skip_channels, reduction)
        self.gate = ChannelGate(skip_channels, reduction)
        self.block = nn.Sequential(ConvNormAct(2 * skip_channels, width), ConvNormAct(width, width))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Map ``(B, in_channels, h, w)`` and ``(B, skip_channels, H, W)`` to ``(B, width, H, W)``, from 0 up."""
        x = resize(self.reduce(x), like=skip, mode="nearest")
        return self.block(torch.cat([x * (self.gate(x) + self.gate_skip(skip)), skip], dim=1))

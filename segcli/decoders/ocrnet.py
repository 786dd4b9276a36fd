"""OCRNet (Yuan et al., 2020), https://arxiv.org/abs/1909.11065, section 3: object-contextual representations.

A coarse prediction, which has a loss of its own, says what belongs to each class; what its pixels show on average is
what every pixel attends to. Deviations: the coarse prediction is made from the same map as the pixels', as the paper
does on HRNet, where on ResNet it takes the level before; and of the binary task there are two regions, the foreground
and what is not, since there is nothing to choose from one.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.decoders.base import Head
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import Features, FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize
from segcli.layers.tokens import tokens_of
from segcli.prediction import DensePrediction


class OCRNet(Head):
    """Predict coarsely, describe every class by its pixels, let pixels attend to these, predict again.

    Needs ``model.extra_loss_weight``; the paper weighs the coarse prediction by 0.4. Meant for a backbone of
    ``output_stride: 8``, or for HRNet with ``levels: 4``.

    Args:
        features: Backbone pyramid, finest level first.
        num_outputs: Logits per pixel, ``K``.
        levels: How many of the last levels are resized to the finest of them and concatenated; fewer are fine.
        width: Channels of pixels.
        key_width: Channels in which pixels and classes are compared.
        dropout: Share of channels zeroed before the classifier in training, 0 to 1.

    Raises:
        ValueError: If ``features`` is empty or a number is below 1.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        num_outputs: int,
        levels: int = 1,
        width: int = 512,
        key_width: int = 256,
        dropout: float = 0.05,
    ) -> None:
        super().__init__()
        expect_at_least_one("OCRNet", levels=levels, width=width, key_width=key_width)
        used = deepest("OCRNet", features, most=levels)
        self.num_levels, channels = len(used), sum(spec.channels for spec in used)
        self.coarse = nn.Sequential(ConvNormAct(channels, width), nn.Conv2d(width, num_outputs, 1))
        self.pixels = ConvNormAct(channels, width)
        self.attention = _ObjectAttention(width, key_width)
        self.fuse = nn.Sequential(ConvNormAct(2 * width, width, kernel_size=1), nn.Dropout2d(dropout))
        self.classifier = nn.Conv2d(width, num_outputs, 1)

    def forward(self, features: Features) -> DensePrediction:
        """Map features to ``(B, K, H/s_j, W/s_j)`` logits, ``j`` being the finest level that is used.

        In training with those of the coarse prediction.
        """
        levels = features.levels[-self.num_levels :]
        x = torch.cat([resize(level, like=levels[0]) for level in levels], dim=1)
        coarse, pixels = self.coarse(x), self.pixels(x)
        context = self.attention(pixels, _regions(coarse, pixels))
        logits = self.classifier(self.fuse(torch.cat([context, pixels], dim=1)))
        extra = [DensePrediction(coarse, features.size)] if self.training else []
        return DensePrediction(logits, features.size, extra)


class _ObjectAttention(nn.Module):
    """Give every pixel an average of the regions, weighted by how alike they are."""

    def __init__(self, width: int, key_width: int) -> None:
        super().__init__()
        self.query, self.key = _twice(width, key_width), _twice(width, key_width)
        self.value = ConvNormAct(width, key_width, kernel_size=1)
        self.out = ConvNormAct(key_width, width, kernel_size=1)

    def forward(self, pixels: Tensor, regions: Tensor) -> Tensor:
        """Map ``(B, width, h, w)`` pixels and ``(B, width, R, 1)`` regions to ``(B, width, h, w)``."""
        query = self.query(pixels)
        parts = (query, self.key(regions), self.value(regions))
        queries, keys, values = (tokens_of(each)[:, None] for each in parts)  # of one head
        context = F.scaled_dot_product_attention(queries, keys, values)[:, 0]
        return self.out(context.transpose(1, 2).reshape(query.shape))


def _twice(in_channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(ConvNormAct(in_channels, width, kernel_size=1), ConvNormAct(width, width, kernel_size=1))


def _regions(coarse: Tensor, pixels: Tensor) -> Tensor:
    """Map ``(B, K, h, w)`` logits and ``(B, C, h, w)`` pixels to ``(B, C, R, 1)``: the mean of each class's pixels."""
    if coarse.shape[1] == 1:
        coarse = torch.cat([coarse, -coarse], dim=1)
    weights = coarse.flatten(2).float().softmax(dim=2).to(pixels.dtype)
    return (weights @ tokens_of(pixels)).transpose(1, 2).unsqueeze(3)

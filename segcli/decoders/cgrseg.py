"""CGRSeg (Ni et al., 2024), https://arxiv.org/abs/2405.06228, section 3.

Structure as in the authors' code: the context of all levels is pooled to half the size of the deepest one; both logits
come from one classifier, and only the second are trained.
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
from segcli.layers.rectangular_calibration import RectangularCalibration
from segcli.layers.resize import resize
from segcli.layers.tokens import tokens_of
from segcli.layers.window_means import adaptive_means
from segcli.prediction import DensePrediction

_LEVELS = 3


class CGRSeg(Head):
    """Guide levels by their pooled context, rebuild them top-down, and weigh channels by what classes look like.

    Args:
        features: Backbone pyramid, finest level first; the last three levels are used, fewer are fine.
        num_outputs: Logits per pixel, ``K``.
        width: Channels of every level after it was guided; 128 in the authors' smallest model, 256 in the largest.
        blocks: How many calibrations the pooled context passes.
        band: Length of their strips and of those of each level, odd; 11 in the authors' smallest model, 9 in the
            largest.
        dropout: Share of channels zeroed before the classifier in training, 0 to 1.

    Raises:
        ValueError: If ``features`` is empty, a number is below 1, or ``band`` is even.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        num_outputs: int,
        width: int = 256,
        blocks: int = 5,
        band: int = 11,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        expect_at_least_one("CGRSeg", width=width, blocks=blocks, band=band)
        if band % 2 == 0:
            raise ValueError(f"CGRSeg got band {band}, expected an odd number; use {band + 1}.")
        self.channels = [f.channels for f in deepest("CGRSeg", features, most=_LEVELS)]
        total = sum(self.channels)
        self.context = nn.Sequential(*(RectangularCalibration(total, band) for _ in range(blocks)))
        self.guide = nn.ModuleList(_Guidance(channels, width) for channels in self.channels)
        self.rebuild = nn.ModuleList(RectangularCalibration(channels, band) for channels in self.channels)
        self.expand = nn.ModuleList(nn.Conv2d(width, channels, 1) for channels in self.channels[:-1])
        self.prepare = ConvNormAct(width, width, kernel_size=1, groups=width)
        self.prototypes = _PrototypeGate(width, num_outputs)
        self.classify = nn.Sequential(nn.Dropout2d(dropout), nn.Conv2d(width, num_outputs, 1))

    def forward(self, features: Features) -> DensePrediction:
        """Map features to ``(B, K, H/s_j, W/s_j)`` logits; ``j`` is the finest of the last three levels."""
        levels = features.levels[-_LEVELS:]
        x = self.decode(levels)
        coarse = self.classify(self.prepare(x))
        return DensePrediction(self.classify(x + x * self.prototypes(x, coarse)), features.size)

    def decode(self, levels: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, width, H/s_j, W/s_j)`` of the finest of them."""
        height, width = levels[-1].shape[-2:]
        half = (height + 1) // 2, (width + 1) // 2
        pooled = torch.cat([adaptive_means(level, half) for level in levels], dim=1)
        contexts = [part.clone() for part in torch.split(self.context(pooled), self.channels, dim=1)]  # each dense
        x = self.guide[-1](self.rebuild[-1](levels[-1]), contexts[-1])
        for i in reversed(range(len(levels) - 1)):
            local = levels[i] + resize(self.expand[i](x), like=levels[i])
            x = self.guide[i](self.rebuild[i](local), contexts[i])
        return x


class _Guidance(nn.Module):
    """Reduce a level, and weigh all of it by its context."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.reduce = ConvNormAct(channels, width, kernel_size=1, act=False)
        self.weigh = ConvNormAct(channels, width, kernel_size=1, act=False)

    def forward(self, level: Tensor, context: Tensor) -> Tensor:
        """Map ``(B, channels, H, W)`` and ``(B, channels, h, w)`` to ``(B, width, H, W)``."""
        return self.reduce(level) * resize(F.hardsigmoid(self.weigh(context)), like=level)


class _PrototypeGate(nn.Module):
    """Average pixels by class, and classes by what they are worth, into one factor per channel."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.attend = nn.Linear(width, 1) if classes > 1 else None  # one class is all there is to attend to
        last = nn.Linear(width, width)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.gate = nn.Sequential(
            nn.Linear(width, width), nn.LayerNorm(width), nn.ReLU(inplace=True), last, nn.Sigmoid()
        )

    def forward(self, x: Tensor, logits: Tensor) -> Tensor:
        """Map ``(B, width, H, W)`` and ``(B, K, H, W)`` to factors ``(B, width, 1, 1)`` from 0 to 1."""
        prototypes = logits.flatten(2).softmax(dim=-1) @ tokens_of(x)  # (B, K, width)
        if self.attend is not None:
            prototypes = self.attend(prototypes).softmax(dim=1) * prototypes
        return self.gate(prototypes.sum(dim=1))[..., None, None]

"""Edges between classes from one level, as the boundary head of PIDNet (Xu et al., 2023), https://arxiv.org/abs/2206.02066.

In training alone, beside a decoder, so that a fine level learns where classes meet. Deviation: PIDNet has a branch of
its own for it, whose features it mixes into those of the classes; here the backbone's features are all there is.
"""

from collections.abc import Sequence

from torch import nn

from segcli.decoders.base import Head
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest, level_at
from segcli.features import Features, FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.prediction import EdgePrediction


class EdgeHead(Head):
    """Predict which pixels lie at an edge between classes; for ``model.auxiliary``, with ``EdgeLoss``.

    Args:
        features: Backbone pyramid, finest level first.
        level: Which of them, counted from 0; negative ones count from the deepest.
        width: Channels between its 3x3 convolution and the 1x1 convolution that gives the logit.

    Raises:
        ValueError: If ``features`` is empty or has no such level, or ``width`` is below 1.
    """

    def __init__(self, features: Sequence[FeatureSpec], level: int = 0, width: int = 64) -> None:
        super().__init__()
        expect_at_least_one("EdgeHead", width=width)
        spec = level_at("EdgeHead", deepest("EdgeHead", features), level)
        self.level = level
        self.convolution, self.classifier = ConvNormAct(spec.channels, width), nn.Conv2d(width, 1, 1)

    def forward(self, features: Features) -> EdgePrediction:
        """Map features to ``(B, 1, h, w)`` logits at the stride of the level."""
        return EdgePrediction(self.classifier(self.convolution(features.levels[self.level])), features.size)

"""Linear classifier of frozen features, as DINOv2 (Oquab et al., 2023) is evaluated.

https://arxiv.org/abs/2304.07193, section 7.4: "linear" takes the last level, "+ms" concatenates the last four. DINOv3
(Siméoni et al., 2025), https://arxiv.org/abs/2508.10104, does the same. Batch normalisation has no weights of its own:
a linear map follows, which holds them. Levels of a plain transformer pass its final norm first.
"""

from collections.abc import Sequence

import torch
from torch import nn

from segcli.decoders.base import Head
from segcli.decoders.class_token import class_tokens
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import Features, FeatureSpec
from segcli.layers.batch_norm import BatchNorm
from segcli.layers.resize import resize
from segcli.prediction import DensePrediction

_STANDARD_DEVIATION = 0.01


class Linear(Head):
    """Normalise the deepest levels over the batch, and multiply every pixel's channels by one matrix.

    What a backbone's features are worth by themselves: with ``model.backbone.frozen: true`` nothing else is trained.

    Args:
        features: Levels of the backbone, finest first.
        num_outputs: Logits per pixel, ``K``.
        levels: How many of the last levels are resized to the finest of them and concatenated; fewer are fine.
        class_token: Whether each level's class token is concatenated to all of its pixels.
        dropout: Share of channels zeroed in training, 0 to 1.

    Raises:
        ValueError: If ``features`` is empty or ``levels`` is below 1; for an image, if there is no class token.
    """

    wants_norm: bool = True

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        num_outputs: int,
        levels: int = 1,
        class_token: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        expect_at_least_one("Linear", levels=levels)
        used = deepest("Linear", features, most=levels)
        self.num_levels, self.class_token = len(used), class_token
        width = sum(spec.channels for spec in used) * (1 + class_token)
        self.dropout = nn.Dropout2d(dropout)
        self.norm = BatchNorm(width, affine=False)
        self.classifier = nn.Conv2d(width, num_outputs, 1)
        nn.init.normal_(self.classifier.weight, std=_STANDARD_DEVIATION)
        nn.init.zeros_(self.classifier.bias)  # type: ignore[arg-type] # made with a bias

    def forward(self, features: Features) -> DensePrediction:
        """Map features to ``(B, K, H/s_j, W/s_j)`` logits, ``j`` being the finest level that is used."""
        maps = features.levels[-self.num_levels :]
        if self.class_token:
            tokens = class_tokens("Linear", features, "set model.decoder.class_token to false")[-self.num_levels :]
            maps = [*maps, *(torch.zeros_like(x) + t[..., None, None] for t, x in zip(tokens, maps, strict=True))]
        x = torch.cat([resize(level, like=maps[0]) for level in maps], dim=1)
        return DensePrediction(self.classifier(self.norm(self.dropout(x))), features.size)

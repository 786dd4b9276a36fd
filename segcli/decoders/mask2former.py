"""Mask2Former (Cheng et al., 2022), https://arxiv.org/abs/2112.01527, sections 3.1 and 3.2.

Queries look at the levels of a pixel decoder in turn, coarsest first, each only where the layer before predicted its
mask (masked attention, section 3.2.1); one whose mask is empty looks everywhere. Every layer predicts, the queries
themselves too, and each prediction has its loss.

Deviations: levels are those that the backbone has, where the authors have strides 4 to 32.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.decoders.base import Head
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.decoders.mask2former_pixels import PixelDecoder
from segcli.features import Features, FeatureSpec
from segcli.layers.mlp import MLP
from segcli.layers.resize import resize
from segcli.layers.sine_positions import sine_positions
from segcli.layers.tokens import tokens_of
from segcli.prediction import MaskPrediction

_HEADS = 8
_FEEDFORWARD = 2048


class Mask2Former(Head):
    """Predict a mask and a class for each of some queries; the loss is MaskClassificationLoss.

    Args:
        features: Backbone pyramid, finest level first; the last four levels are used, fewer are fine.
        num_outputs: Classes.
        queries: Number of queries; at least as many as an image may have classes.
        width: Channels of maps and queries, a multiple of 32.
        layers: Layers of the transformer decoder.
        pixel_layers: Layers of deformable attention in the pixel decoder.

    Raises:
        ValueError: If ``features`` is empty, a number is below 1, or ``width`` is no multiple of 32.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        num_outputs: int,
        queries: int = 100,
        width: int = 256,
        layers: int = 9,
        pixel_layers: int = 6,
    ) -> None:
        super().__init__()
        expect_at_least_one("Mask2Former", queries=queries, width=width, layers=layers, pixel_layers=pixel_layers)
        features = deepest("Mask2Former", features, most=4)
        self.pixels = PixelDecoder(features, width, pixel_layers)
        self.queries, self.query_positions = nn.Embedding(queries, width), nn.Embedding(queries, width)
        self.level_positions = nn.Embedding(self.pixels.attended, width)
        self.layers = nn.ModuleList(_Layer(width) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.classifier, self.mask_embedding = nn.Linear(width, num_outputs + 1), MLP(width, width, width, width)

    def forward(self, features: Features) -> MaskPrediction:
        """Map features to masks of queries at the stride of the finest of the last four levels, and their classes."""
        maps, mask_features = self.pixels(features.levels)
        tokens = [tokens_of(x) + level for x, level in zip(maps, self.level_positions.weight, strict=True)]
        positions = [tokens_of(sine_positions(x)) for x in maps]
        batch = mask_features.shape[0]
        queries, own = (each.weight.expand(batch, -1, -1) for each in (self.queries, self.query_positions))
        found = [self._predict(queries, mask_features, features.size)]
        for index, layer in enumerate(self.layers):
            level = index % len(maps)
            hidden = _hidden(found[-1].masks, maps[level])
            queries = layer(queries, own, tokens[level], positions[level], hidden)
            found.append(self._predict(queries, mask_features, features.size))
        if self.training:
            found[-1].extra = tuple(found[:-1])
        return found[-1]

    def _predict(self, queries: Tensor, mask_features: Tensor, size: tuple[int, int]) -> MaskPrediction:
        queries = self.norm(queries)
        masks = torch.einsum("bqc,bchw->bqhw", self.mask_embedding(queries), mask_features)
        return MaskPrediction(masks, self.classifier(queries), size)


class _Layer(nn.Module):
    """Masked attention to a level, attention between queries, a feed-forward network; each added and normalised."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.cross = nn.MultiheadAttention(width, _HEADS, batch_first=True)
        self.between = nn.MultiheadAttention(width, _HEADS, batch_first=True)
        self.feedforward = nn.Sequential(nn.Linear(width, _FEEDFORWARD), nn.ReLU(), nn.Linear(_FEEDFORWARD, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(self, queries: Tensor, own: Tensor, tokens: Tensor, positions: Tensor, hidden: Tensor) -> Tensor:
        """Map ``(B, Q, width)`` queries with their positions to the same shape.

        Args:
            queries: What they are.
            own: Their positions, ``(B, Q, width)``.
            tokens: ``(B, N, width)`` of a level.
            positions: Of the tokens, ``(1, N, width)``.
            hidden: ``(B, Q, N)``, which tokens a query does not see.
        """
        of_heads = hidden.repeat_interleave(_HEADS, dim=0)
        seen, _ = self.cross(queries + own, tokens + positions, tokens, attn_mask=of_heads, need_weights=False)
        queries = self.norms[0](queries + seen)
        with_own = queries + own
        queries = self.norms[1](queries + self.between(with_own, with_own, queries, need_weights=False)[0])
        return self.norms[2](queries + self.feedforward(queries))


@torch.no_grad()
def _hidden(masks: Tensor, like: Tensor) -> Tensor:
    """Return which pixels of a map are outside of each mask, ``(B, Q, h * w)``; none where all are."""
    outside = resize(masks.float(), like=like).flatten(2) < 0
    return outside & ~outside.all(dim=2, keepdim=True)

"""EoMT, the encoder-only mask transformer (Kerssies et al., 2025), https://arxiv.org/abs/2503.19108, section 3.

Queries join the tokens of a plain vision transformer before its last blocks, which then do what a decoder would. Before
each of these blocks and after the last, every query predicts a class and a mask. In training, a query sees only the
patches of its mask so far, with a probability that is annealed from 1 to 0, block after block (section 3.3); in
evaluation all see all.

Deviation: the phases of the annealing are equal shares of the run, whatever its length: the first block's is the second
of L + 2, for L blocks.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.decoders.base import Head
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import Features, FeatureSpec, Tail
from segcli.layers.mlp import MLP
from segcli.layers.resize import resize
from segcli.layers.scale_block import ScaleBlock
from segcli.prediction import MaskPrediction

_POWER = 0.9
_MASK_STRIDE = 4


class EoMT(Head):
    """Predict a mask and a class for each of some queries within the backbone; the loss is MaskClassificationLoss.

    The backbone leaves its last blocks to it: ``model.backbone.tail_blocks``, 3 for small and base models, 4 for large,
    5 for giant ones. The authors train with AdamW at 1e-4 and a layer decay of 0.8 (model.parameter_groups).

    Args:
        features: Of the backbone; the last level tells width and stride.
        num_outputs: Classes.
        queries: Number of queries; at least as many as an image may have classes.

    Raises:
        ValueError: If ``features`` is empty or ``queries`` is below 1, or, at the first use, if the backbone leaves no
            blocks.
    """

    runs_tail = True
    progress: Tensor

    def __init__(self, features: Sequence[FeatureSpec], num_outputs: int, queries: int = 100) -> None:
        super().__init__()
        expect_at_least_one("EoMT", queries=queries)
        spec = deepest("EoMT", features, most=1)[0]
        width = spec.channels
        self.queries = nn.Embedding(queries, width)
        self.classifier = nn.Linear(width, num_outputs + 1)
        self.mask_embedding = MLP(width, width, width, width, activation=nn.GELU)
        doublings = max(1, int(math.log2(spec.stride / _MASK_STRIDE)))
        self.upscale = nn.Sequential(*(ScaleBlock(width) for _ in range(doublings)))
        self.register_buffer("progress", torch.tensor(0.0), persistent=False)

    def forward(self, features: Features) -> MaskPrediction:
        """Map features to masks of queries and their classes, in training those before each block as well.

        Raises:
            ValueError: If the backbone leaves no blocks.
        """
        tail = features.tail
        if tail is None:
            raise ValueError(
                "EoMT got a backbone that leaves it no blocks, expected a plain transformer such as "
                "vit_small_patch16_224; choose one, and set model.backbone.tail_blocks to 3."
            )
        earlier: list[MaskPrediction] = []

        def mask(block: int, tokens: Tensor) -> Tensor:
            earlier.append(self._predict(tail, tokens, features.size))
            return self._attention(earlier[-1].masks, tail, masked_share(block, tail.num_blocks, self.progress))

        queries = self.queries.weight.expand(features.image.shape[0], -1, -1)
        found = self._predict(tail, tail(queries, mask if self.training else None), features.size)
        found.extra = tuple(earlier)
        return found

    def _predict(self, tail: Tail, tokens: Tensor, size: tuple[int, int]) -> MaskPrediction:
        parts = tail.split(tokens)
        masks = torch.einsum("bqc,bchw->bqhw", self.mask_embedding(parts.extra), self.upscale(parts.patches))
        return MaskPrediction(masks, self.classifier(parts.extra), size)

    @torch.no_grad()
    def _attention(self, masks: Tensor, tail: Tail, share: Tensor) -> Tensor:
        """Return who sees whom, ``(B, 1, T, T)``: a share of the queries only the patches of their masks."""
        batch, queries = masks.shape[:2]
        inside = resize(masks.float(), size=tail.grid).flatten(2) > 0
        free = torch.rand(batch, queries, 1, device=masks.device) >= share
        patches = inside.shape[2]
        total = tail.tokens.shape[1] + queries
        sees = torch.ones(batch, total, total, dtype=torch.bool, device=masks.device)
        sees[:, -queries:, total - queries - patches : total - queries] = inside | free
        return sees[:, None]


def masked_share(block: int, blocks: int, progress: Tensor) -> Tensor:
    """Return which share of the queries sees only its masks.

    Args:
        block: Number of the block, from 0.
        blocks: Number of blocks.
        progress: Of the run, 0 to 1.

    Returns:
        From 1 to 0, a polynomial of power 0.9 of the progress in the phase of the block.
    """
    phase = (progress * (blocks + 2) - (block + 1)).clamp(0, 1)
    return (1 - phase) ** _POWER

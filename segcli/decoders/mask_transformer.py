"""Mask transformer of Segmenter (Strudel et al., 2021), https://arxiv.org/abs/2105.05633, section 3.2.

Deviation: the normalisation over classes, which leaves nothing of one value and a sign of two, is a learned scale of
each class where there are fewer than three. It starts at the square root of the width, which gives products of unit
vectors a deviation of 1, as the normalisation does.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.decoders.base import Head
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import Features, FeatureSpec
from segcli.layers.full_precision import full_precision
from segcli.layers.tokens import tokens_of
from segcli.prediction import DensePrediction

_CHANNELS_PER_HEAD = 64
_STANDARD_DEVIATION = 0.02


class MaskTransformer(Head):
    """Let a token of each class attend to the patches of the deepest level, and multiply it with each of them.

    Made for classes that exclude each other: logits are normalised over them, so that of three labels or more never all
    or none can be predicted of a pixel.

    Args:
        features: Levels of the backbone, finest first; the last is used.
        num_outputs: Logits per pixel, ``K``.
        layers: Transformer layers.
        heads: Heads of attention, which share the level's channels; by default one for every 64.
        dropout: Share of values zeroed in the layers in training, 0 to 1.

    Raises:
        ValueError: If ``features`` is empty, a number is below 1, or ``heads`` cannot share the channels.
    """

    wants_norm: bool = True

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        num_outputs: int,
        layers: int = 2,
        heads: int | None = None,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        expect_at_least_one("MaskTransformer", layers=layers, heads=heads)
        width = deepest("MaskTransformer", features)[-1].channels
        heads = max(1, width // _CHANNELS_PER_HEAD) if heads is None else heads
        if width % heads:
            raise ValueError(
                f"MaskTransformer got heads {heads}, expected a number that divides the {width} channels of the "
                "deepest level; set model.decoder.heads to one."
            )
        self.num_outputs = num_outputs
        self.project = nn.Linear(width, width)
        self.class_tokens = nn.Parameter(torch.empty(1, num_outputs, width))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        self.project_patches = nn.Linear(width, width, bias=False)
        self.project_classes = nn.Linear(width, width, bias=False)
        self.class_norm = nn.LayerNorm(num_outputs) if num_outputs > 2 else _Scale(num_outputs, math.sqrt(width))
        self._start()

    def _start(self) -> None:
        """Draw weights as small as the authors do, else the first layers make all classes' tokens alike."""
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.ndim > 1:
                nn.init.trunc_normal_(parameter, std=_STANDARD_DEVIATION)
        for projection in (self.project_patches, self.project_classes):
            nn.init.normal_(projection.weight, std=projection.in_features**-0.5)

    def forward(self, features: Features) -> DensePrediction:
        """Map features to ``(B, K, H/s, W/s)`` logits at the stride of the deepest level."""
        level = features.levels[-1]
        patches = self.project(tokens_of(level))
        tokens = torch.cat([patches, self.class_tokens.expand(patches.shape[0], -1, -1)], dim=1)
        for layer in self.layers:
            tokens = layer(tokens)
        tokens = self.norm(tokens)
        patches, classes = tokens.split([patches.shape[1], self.num_outputs], dim=1)
        with full_precision(level):  # unit vectors of patches differ by little
            learnt = self.project_patches.weight.dtype  # float32 unless the whole model is of less
            patches = F.normalize(self.project_patches(patches.to(learnt)), dim=2)
            classes = F.normalize(self.project_classes(classes.to(learnt)), dim=2)
            logits = self.class_norm(patches @ classes.transpose(1, 2))
        return DensePrediction(logits.transpose(1, 2).unflatten(2, level.shape[-2:]), features.size)


class _Scale(nn.Module):
    """Multiply each class by a number of its own, and add one."""

    def __init__(self, num_outputs: int, start: float) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.full((num_outputs,), start)), nn.Parameter(torch.zeros(num_outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(..., K)`` to the same shape."""
        return x * self.weight + self.bias

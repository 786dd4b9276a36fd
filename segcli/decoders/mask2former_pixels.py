"""The pixel decoder of Mask2Former: deformable attention over three levels, and a finer map for the masks."""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.features import FeatureSpec
from segcli.layers.deformable_attention import DeformableAttention
from segcli.layers.group_norm import GroupNorm, expect_groups
from segcli.layers.resize import resize
from segcli.layers.sine_positions import sine_positions
from segcli.layers.tokens import tokens_of

_NORM_GROUPS = 32
_FEEDFORWARD = 1024


class PixelDecoder(nn.Module):
    """Let the deepest levels see each other; add what comes of it to a finer level.

    Args:
        features: Backbone pyramid, finest level first; the last three attend, the one before them is the finer one.
        width: Channels of the maps, a multiple of 32.
        layers: Layers of attention.
    """

    def __init__(self, features: Sequence[FeatureSpec], width: int, layers: int) -> None:
        super().__init__()
        expect_groups("Mask2Former", "width", width, _NORM_GROUPS)
        self.attended = min(3, len(features))
        finer = features[: -self.attended][-1:]
        self.inputs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(spec.channels, width, 1), GroupNorm(_NORM_GROUPS, width))
            for spec in reversed(features[-self.attended :])
        )
        self.level_positions = nn.Parameter(torch.empty(self.attended, width))
        nn.init.normal_(self.level_positions)
        self.layers = nn.ModuleList(_Layer(width, self.attended) for _ in range(layers))
        self.lateral = nn.Sequential(
            *(layer for spec in finer for layer in (nn.Conv2d(spec.channels, width, 1, bias=False), _norm(width)))
        )
        self.smooth = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), _norm(width), nn.ReLU())
        self.mask_features = nn.Conv2d(width, width, 1)
        for projection in self.inputs:
            nn.init.xavier_uniform_(projection[0].weight)  # type: ignore[index]  # the convolution
            nn.init.zeros_(projection[0].bias)  # type: ignore[index]  # as above

    def forward(self, levels: Sequence[Tensor]) -> tuple[list[Tensor], Tensor]:
        """Map levels to ``(B, width, h_i, w_i)`` maps, coarsest first, and that of the masks, ``(B, width, h, w)``."""
        maps = [project(x) for project, x in zip(self.inputs, levels[: -self.attended - 1 : -1], strict=True)]
        sizes = [(x.shape[-2], x.shape[-1]) for x in maps]
        tokens = torch.cat([tokens_of(x) for x in maps], dim=1)
        positions = torch.cat(
            [tokens_of(sine_positions(x)) + level for x, level in zip(maps, self.level_positions, strict=True)],
            dim=1,
        )
        places = torch.cat([_centres(size, tokens.device) for size in sizes])
        for layer in self.layers:
            tokens = layer(tokens, positions, places, sizes)
        ends = list(itertools.accumulate(h * w for h, w in sizes))
        parts = [tokens[:, end - h * w : end] for end, (h, w) in zip(ends, sizes, strict=True)]
        maps = [part.transpose(1, 2).reshape(len(part), -1, *size) for part, size in zip(parts, sizes, strict=True)]
        finest = maps[-1]
        if len(self.lateral):
            side = self.lateral(levels[-self.attended - 1])
            finest = side + resize(finest, like=side)
        return maps, self.mask_features(self.smooth(finest))


class _Layer(nn.Module):
    """Deformable attention and a feed-forward network, each added and normalised."""

    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        self.attention, self.norm = DeformableAttention(width, levels), nn.LayerNorm(width)
        self.feedforward = nn.Sequential(nn.Linear(width, _FEEDFORWARD), nn.ReLU(), nn.Linear(_FEEDFORWARD, width))
        self.feedforward_norm = nn.LayerNorm(width)
        for parameter in self.feedforward.parameters():
            if parameter.ndim > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(self, x: Tensor, positions: Tensor, places: Tensor, sizes: Sequence[tuple[int, int]]) -> Tensor:
        """Map ``(B, N, width)`` tokens to the same shape."""
        x = self.norm(x + self.attention(x + positions, x, places, sizes))
        return self.feedforward_norm(x + self.feedforward(x))


def _norm(width: int) -> nn.Module:
    return GroupNorm(_NORM_GROUPS, width)


def _centres(size: tuple[int, int], device: torch.device) -> Tensor:
    """Return x and y of the pixels of a map, 0 to 1, row by row, ``(h * w, 2)``."""
    height, width = size
    y = (torch.arange(height, device=device) + 0.5) / height
    x = (torch.arange(width, device=device) + 0.5) / width
    return torch.stack([x.expand(height, -1), y[:, None].expand(-1, width)], dim=-1).flatten(0, 1)

"""Deformable attention over several levels (Zhu et al., 2021), https://arxiv.org/abs/2010.04159, equation 3.

In plain PyTorch: values are read between pixels by ``grid_sample``, on any device.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class DeformableAttention(nn.Module):
    """Let every token look at a few points of every level, which it chooses around its own place.

    Args:
        width: Channels of tokens.
        levels: Number of levels, L.
        heads: Number of heads, which divides ``width``.
        points: Number of points per head and level.
    """

    def __init__(self, width: int, levels: int, heads: int = 8, points: int = 4) -> None:
        super().__init__()
        self.levels, self.heads, self.points = levels, heads, points
        self.offsets = nn.Linear(width, heads * levels * points * 2)
        self.weights = nn.Linear(width, heads * levels * points)
        self.value, self.output = nn.Linear(width, width), nn.Linear(width, width)
        self._start()

    @torch.no_grad()
    def _start(self) -> None:
        """Let each head look in its own direction, the points of a head farther and farther away (appendix A.4)."""
        angles = torch.arange(self.heads) * (2 * math.pi / self.heads)
        directions = torch.stack([angles.cos(), angles.sin()], dim=1)
        directions = directions / directions.abs().max(dim=1, keepdim=True).values
        distances = torch.arange(1, self.points + 1).view(1, 1, -1, 1)
        start = (directions.view(-1, 1, 1, 2) * distances).expand(-1, self.levels, -1, -1)
        self.offsets.weight.zero_()
        self.offsets.bias.copy_(start.flatten())
        for layer in (self.weights.weight, self.weights.bias, self.value.bias, self.output.bias):
            layer.zero_()
        for linear in (self.value, self.output):
            nn.init.xavier_uniform_(linear.weight)

    def forward(self, query: Tensor, tokens: Tensor, places: Tensor, sizes: Sequence[tuple[int, int]]) -> Tensor:
        """Map queries to what they see in tokens.

        Args:
            query: ``(B, N, width)``, with positions.
            tokens: ``(B, N, width)`` of all levels, one behind the other, row by row.
            places: ``(N, 2)`` x and y of each token, 0 to 1, of float32 at least.
            sizes: Heights and widths of the levels in tokens.

        Returns:
            ``(B, N, width)``.
        """
        batch, count, width = query.shape
        shape = (batch, count, self.heads, self.levels, self.points)
        weights = self.weights(query).view(*shape[:3], -1).softmax(dim=-1).view(shape)
        scale = torch.tensor([[w, h] for h, w in sizes], device=query.device)
        offsets = self.offsets(query).to(places.dtype).view(*shape, 2) / scale[:, None]
        at = places.view(1, count, 1, 1, 1, 2) + offsets
        values = self.value(tokens).view(batch, count, self.heads, -1).split([h * w for h, w in sizes], dim=1)
        seen = [
            _sampled(each, at[:, :, :, i], size) for i, (each, size) in enumerate(zip(values, sizes, strict=True))
        ]  # (B * heads, C, N, points) of each level
        of_heads = weights.transpose(1, 2).reshape(batch * self.heads, 1, count, -1)
        out = (torch.cat(seen, dim=-1) * of_heads).sum(dim=-1)
        return self.output(out.view(batch, width, count).transpose(1, 2))


def _sampled(values: Tensor, at: Tensor, size: tuple[int, int]) -> Tensor:
    """Read one level between its pixels.

    Args:
        values: ``(B, h * w, heads, C)``.
        at: ``(B, N, heads, points, 2)`` x and y, 0 to 1.
        size: h, w.

    Returns:
        ``(B * heads, C, N, points)``.
    """
    maps = values.permute(0, 2, 3, 1).reshape(-1, values.shape[-1], *size).to(at.dtype).contiguous()
    grid = 2 * at.transpose(1, 2).flatten(0, 1) - 1  # in bfloat16 it would be off by a quarter of a pixel in 256
    return F.grid_sample(maps, grid, align_corners=False).to(values.dtype)

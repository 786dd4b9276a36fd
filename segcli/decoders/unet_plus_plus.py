"""UNet++ (Zhou et al., 2020), https://arxiv.org/abs/1912.05074, section III, on top of any backbone.

Node ``X(i, j)`` of level ``i`` is two convolutions of what row ``i`` has so far and of the resized ``X(i + 1, j - 1)``;
``X(i, 0)`` is the backbone's level. Deviations, as in segmentation-models-pytorch, whose weights fit with
``inner_width: level``: nearest upsampling, and blocks without a skip connection that lead on to full resolution.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from segcli.decoders.full_resolution import doubled_sizes, step_widths
from segcli.decoders.levels import deepest
from segcli.decoders.staged_decoder import StagedDecoder
from segcli.features import FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize


class UNetPlusPlus(StagedDecoder):
    """Fill the triangle between a backbone and a U-Net's decoder with nodes that see all before them in their row.

    Args:
        features: Backbone pyramid, finest level first.
        channels: Width of every row, coarsest first, then of the blocks without a skip connection. By default 16 for
            the last and twice the width for each before it, up to 256: 256, 128, 64, 32, 16 for the usual five levels.
        inner_width: Width of the nodes before the last of a row: that of the ``row``, or of the backbone's ``level``.

    Raises:
        ValueError: If ``features`` is empty or ``channels`` has not one entry per row and block.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        channels: list[int] | None = None,
        inner_width: Literal["row", "level"] = "row",
    ) -> None:
        super().__init__()
        features = deepest("UNetPlusPlus", features)
        self.full_stride = features[0].stride
        widths = step_widths("UNetPlusPlus", features, channels)
        depth = len(features) - 1
        last = widths[:depth][::-1]  # of the last node of every row but the deepest, finest first
        inner = last if inner_width == "row" else [f.channels for f in features[:-1]]
        seen = [f.channels for f in features]  # channels of all nodes of a row so far
        newest = list(seen)
        self.depth, self.nodes = depth, nn.ModuleDict()
        for row, column in self._places():
            width = last[row] if row + column == depth else inner[row]
            self.nodes[f"{row}_{column}"] = _node(newest[row + 1] + seen[row], width)
            seen[row], newest[row] = seen[row] + width, width
        blocks = [newest[0], *widths[depth:]]
        self.blocks = nn.ModuleList(_node(*pair) for pair in itertools.pairwise(blocks))
        self.out_channels, self.out_stride = widths[-1], 1
        self.stage_channels = [*inner[:1] * (depth - 1), widths[-1]]

    def stages(self, features: Sequence[Tensor], count: int | None = None) -> list[Tensor]:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``X(0, 1)`` to ``X(0, depth - 1)`` and the last map.

        The last is what blocks without a skip connection make of ``X(0, depth)``, if there are such: ``(B,
        channels[-1], H, W)``. Values from 0 up.
        """
        whole = len(self.stage_channels)
        count = whole if count is None else count
        stages = self.top_row(features, columns=self.depth if count == whole else count)[1:]
        if count < whole:
            return stages
        x = stages.pop() if stages else features[0]
        sizes = doubled_sizes(features[0], self.full_stride, len(self.blocks))
        for block, size in zip(self.blocks, sizes, strict=True):
            x = block(resize(x, size=size, mode="nearest"))
        return [*stages, x]

    def top_row(self, features: Sequence[Tensor], columns: int | None = None) -> list[Tensor]:
        """Return the nodes at the finest level's size, ``X(0, 0)`` to ``X(0, columns)``, all of them by default."""
        columns = self.depth if columns is None else columns
        rows = [[level] for level in features]
        for row, column in self._places():
            if row + column <= columns:
                up = resize(rows[row + 1][-1], like=rows[row][0], mode="nearest")
                rows[row].append(self.nodes[f"{row}_{column}"](torch.cat([up, *reversed(rows[row])], dim=1)))
        return rows[0]

    def _places(self) -> Iterator[tuple[int, int]]:
        """Yield row and column of every node, a column after the other."""
        for column in range(1, self.depth + 1):
            for row in range(self.depth + 1 - column):
                yield row, column


def _node(in_channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(ConvNormAct(in_channels, width), ConvNormAct(width, width))

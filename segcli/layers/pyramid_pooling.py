"""Pyramid pooling of PSPNet (Zhao et al., 2017), https://arxiv.org/abs/1612.01105, section 3.2 and figure 3."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize
from segcli.layers.window_means import adaptive_means


class PyramidPooling(nn.Module):
    """Concatenate a map with its averages over grids of few cells.

    Args:
        in_channels: Channels of the map.
        width: Channels that each grid is reduced to.
        grids: Cells of every grid along height and width.
        align_corners: Whether grids are resized with corners as pixel centres.

    Attributes:
        out_channels: Channels of the output: the map's own first, then those of every grid.
    """

    def __init__(
        self, in_channels: int, width: int, grids: Sequence[int] = (1, 2, 3, 6), align_corners: bool = False
    ) -> None:
        super().__init__()
        self.grids, self.align_corners = tuple(grids), align_corners
        self.out_channels = in_channels + width * len(self.grids)
        self.reduce = nn.ModuleList(ConvNormAct(in_channels, width, kernel_size=1) for _ in self.grids)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, in_channels, H, W)`` to ``(B, out_channels, H, W)``."""
        pooled = [
            resize(reduce(adaptive_means(x, (grid, grid))), like=x, align_corners=self.align_corners)
            for reduce, grid in zip(self.reduce, self.grids, strict=True)
        ]
        return torch.cat([x, *pooled], dim=1)

"""Rectangular self-calibration of CGRSeg (Ni et al., 2024), https://arxiv.org/abs/2405.06228, section 3.2."""

import torch
from torch import Tensor, nn

from segcli.layers.batch_norm import BatchNorm

_LAYER_SCALE = 1e-6


class RectangularCalibration(nn.Module):
    """Weigh what surrounds a pixel by where the rows and columns of a map are strong; add it after a small MLP.

    Args:
        channels: Channels of the map.
        band: Length of the two strips that fit the rectangle's shape, odd.
        expansion: How many times more channels the hidden layer of the MLP has.
    """

    def __init__(self, channels: int, band: int = 11, expansion: int = 2) -> None:
        super().__init__()
        self.local = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.attend = nn.Sequential(
            nn.Conv2d(channels, channels, (1, band), padding=(0, band // 2), groups=channels),
            BatchNorm(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, (band, 1), padding=(band // 2, 0), groups=channels),
            nn.Sigmoid(),
        )
        self.norm = BatchNorm(channels)
        hidden = expansion * channels
        self.mlp = nn.Sequential(nn.Conv2d(channels, hidden, 1), nn.GELU(), nn.Conv2d(hidden, channels, 1))
        self.scale = nn.Parameter(torch.full((channels, 1, 1), _LAYER_SCALE))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, channels, H, W)`` to the same shape."""
        rows, columns = x.mean(dim=3, keepdim=True), x.mean(dim=2, keepdim=True)
        rectangle = torch.zeros_like(x) + rows + columns  # in the memory format of the map
        return x + self.scale * self.mlp(self.norm(self.local(x) * self.attend(rectangle)))

"""Squeeze and excitation (Hu et al., 2018), https://arxiv.org/abs/1709.01507, section 3."""

from torch import Tensor, nn
from torch.nn import functional as F


class ChannelGate(nn.Module):
    """Say from the mean of a map how much each of its channels is worth.

    Args:
        channels: Channels of the map.
        reduction: How many times fewer channels the hidden layer has; it has one at least.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.gate = nn.Sequential(
            nn.Conv2d(channels, hidden, 1), nn.ReLU(inplace=True), nn.Conv2d(hidden, channels, 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, channels, H, W)`` to factors ``(B, channels, 1, 1)`` from 0 to 1."""
        return self.gate(F.adaptive_avg_pool2d(x, 1))

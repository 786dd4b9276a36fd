"""Layer normalisation (Ba et al., 2016), https://arxiv.org/abs/1607.06450, of maps."""

from torch import Tensor, nn


class LayerNorm(nn.LayerNorm):
    """Normalise every pixel over its channels.

    Args:
        channels: Channels of the map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C, H, W)`` to the same shape."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

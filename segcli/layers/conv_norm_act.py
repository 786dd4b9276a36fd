"""Convolution, normalisation and ReLU: the block most decoders are made of.

Weights start as in He et al. (2015), https://arxiv.org/abs/1502.01852, in fan-out mode, which keeps the size of
gradients through the block; PyTorch's own default assumes a leaky ReLU of slope sqrt(5) and starts smaller.
"""

from torch import Tensor, nn

from segcli.layers.batch_norm import BatchNorm
from segcli.layers.group_norm import GroupNorm


class ConvNormAct(nn.Module):
    """Convolve without bias, normalise over the batch or over each image, clip below zero.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Height and width of the kernel, odd, so that padding keeps the size of the map.
        dilation: Distance of neighbouring kernel elements, in pixels.
        groups: Groups of channels that do not mix.
        norm_groups: Groups of channels that each image is normalised over; None for batch normalisation.
        act: Whether values are clipped.

    Raises:
        ValueError: If ``kernel_size`` is even.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        dilation: int = 1,
        groups: int = 1,
        norm_groups: int | None = None,
        act: bool = True,
    ) -> None:
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(
                f"ConvNormAct got kernel_size {kernel_size}, expected an odd number; use {kernel_size + 1}."
            )
        padding = dilation * (kernel_size // 2)
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, padding=padding, dilation=dilation, groups=groups, bias=False
        )
        self.norm = GroupNorm(norm_groups, out_channels) if norm_groups else BatchNorm(out_channels)
        self.act = nn.ReLU(inplace=True) if act else nn.Identity()
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, in_channels, H, W)`` to ``(B, out_channels, H, W)``, values from 0 up unless ``act`` is false."""
        return self.act(self.norm(self.conv(x)))

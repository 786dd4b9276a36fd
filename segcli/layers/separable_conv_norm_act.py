"""Depthwise separable convolution, as in Xception (Chollet, 2017), https://arxiv.org/abs/1610.02357.

Nothing stands between its two convolutions, so that they are one linear map of few parameters. The first keeps the size
of its input at the start; the second starts as in ``ConvNormAct``.
"""

from torch import Tensor, nn

from segcli.layers.conv_norm_act import ConvNormAct


class SeparableConvNormAct(nn.Module):
    """Convolve every channel by itself, then mix the channels of a pixel, normalise, clip below zero.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Height and width of the kernel, odd, so that padding keeps the size of the map.
        dilation: Distance of neighbouring kernel elements, in pixels.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3, dilation: int = 1) -> None:
        super().__init__()
        padding = dilation * (kernel_size // 2)
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, kernel_size, padding=padding, dilation=dilation, groups=in_channels, bias=False
        )
        self.pointwise = ConvNormAct(in_channels, out_channels, kernel_size=1)
        nn.init.kaiming_normal_(self.depthwise.weight, nonlinearity="linear")

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, in_channels, H, W)`` to ``(B, out_channels, H, W)``, values from 0 up."""
        return self.pointwise(self.depthwise(x))

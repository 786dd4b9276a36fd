import pytest
import torch
from torch.nn import functional as F

from segcli.layers.separable_conv_norm_act import SeparableConvNormAct


@pytest.mark.parametrize("dilation", [1, 6])
def test_is_one_convolution_whose_kernel_is_a_product(dilation: int) -> None:
    block = SeparableConvNormAct(4, 6, dilation=dilation).eval()
    x = torch.randn(2, 4, 13, 7)
    kernel = block.pointwise.conv.weight * block.depthwise.weight.transpose(0, 1)  # (6, 4, 3, 3)

    expected = F.conv2d(x, kernel, padding=dilation, dilation=dilation).relu() / (1 + 1e-5) ** 0.5

    torch.testing.assert_close(block(x), expected, atol=1e-5, rtol=1e-5)


def test_its_first_convolution_keeps_the_size_of_values_at_the_start() -> None:
    torch.manual_seed(0)

    y = SeparableConvNormAct(512, 8).depthwise(torch.randn(1, 512, 16, 16))

    assert y[..., 1:-1, 1:-1].std().item() == pytest.approx(1, rel=0.05)

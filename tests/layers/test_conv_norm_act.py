import pytest
import torch
from torch import nn

from segcli.layers.conv_norm_act import ConvNormAct


@pytest.mark.parametrize(("kernel_size", "dilation"), [(1, 1), (3, 1), (3, 6), (5, 2)])
def test_keeps_the_size_of_the_map(kernel_size: int, dilation: int) -> None:
    block = ConvNormAct(4, 6, kernel_size, dilation=dilation, groups=2)

    y = block(torch.randn(2, 4, 13, 7))

    assert y.shape == (2, 6, 13, 7)
    assert (y >= 0).all()


def test_is_convolution_then_normalisation_then_relu() -> None:
    block = ConvNormAct(3, 5).eval()
    block.norm.running_mean = torch.randn(5)
    x = torch.randn(2, 3, 8, 8)

    expected = nn.functional.conv2d(x, block.conv.weight, padding=1) - block.norm.running_mean.view(1, -1, 1, 1)

    torch.testing.assert_close(block(x), (expected / (1 + 1e-5) ** 0.5).relu())
    assert block.conv.bias is None


def test_starts_with_the_fan_out_deviation() -> None:
    weight = ConvNormAct(64, 128).conv.weight

    assert weight.std().item() == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.05)


def test_an_even_kernel_is_an_error() -> None:
    with pytest.raises(ValueError, match="got kernel_size 4, expected an odd number; use 5"):
        ConvNormAct(3, 5, kernel_size=4)


def test_normalises_every_image_by_itself_with_groups_and_clips_unless_told() -> None:
    block = ConvNormAct(3, 8, norm_groups=4, act=False)
    x = torch.randn(2, 3, 6, 6)

    y = block(x)

    assert isinstance(block.norm, nn.GroupNorm)
    assert (y < 0).any()
    torch.testing.assert_close(block(x[:1]), y[:1])

import pytest
import torch

from segcli.layers.aspp import ASPP


@pytest.mark.parametrize("separable", [True, False])
def test_sees_a_pixel_at_its_rates_and_the_mean_of_the_image(separable: bool) -> None:
    torch.manual_seed(0)
    layer = ASPP(2, 8, rates=[2, 5], separable=separable).eval()
    x = torch.rand(1, 2, 15, 15, requires_grad=True)

    layer(x)[0, :, 7, 7].sum().backward()

    grad = x.grad[0].abs().sum(0)
    far = grad[0, 1]  # through the mean of the image alone
    seen = {(y - 7, x - 7) for y, x in (grad - far).abs().gt(1e-6).nonzero().tolist()}
    assert far > 0
    assert seen == {(dy * rate, dx * rate) for rate in (2, 5) for dy in (-1, 0, 1) for dx in (-1, 0, 1)}


def test_has_a_branch_per_rate_and_two() -> None:
    assert ASPP(16, 8, [6, 12, 18], separable=False).fuse.conv.in_channels == 5 * 8

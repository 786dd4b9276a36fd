import torch
from torch import nn

from segcli.layers.rectangular_calibration import RectangularCalibration


def test_starts_as_it_is_and_adds_an_mlp_of_the_weighed_surroundings() -> None:
    torch.manual_seed(0)
    layer, x = RectangularCalibration(4, band=5).eval(), torch.randn(2, 4, 9, 7)
    torch.testing.assert_close(layer(x), x, atol=1e-4, rtol=0)
    nn.init.ones_(layer.scale)

    weights = layer.attend(x.mean(3, keepdim=True).expand_as(x) + x.mean(2, keepdim=True).expand_as(x))
    expected = x + layer.mlp(layer.norm(layer.local(x) * weights))

    torch.testing.assert_close(layer(x), expected)
    assert ((weights > 0) & (weights < 1)).all()


def test_a_pixel_acts_through_its_whole_row_and_column() -> None:
    torch.manual_seed(0)
    layer, x = RectangularCalibration(4, band=3).eval(), torch.randn(1, 4, 15, 15, requires_grad=True)
    nn.init.ones_(layer.scale)

    layer(x)[..., 7, 7].sum().backward()

    seen = x.grad[0].abs().sum(0) > 0
    assert seen[6:9].all()  # a strip reaches one row and one column to each side
    assert seen[:, 6:9].all()
    assert not seen[:6, :6].any()

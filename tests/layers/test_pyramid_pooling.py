import torch

from segcli.layers.pyramid_pooling import PyramidPooling


def test_holds_the_map_itself_and_its_averages() -> None:
    layer = PyramidPooling(4, 4, grids=(1, 2)).eval()
    for reduce in layer.reduce:
        reduce.conv.weight.data = torch.eye(4)[:, :, None, None] * (1 + 1e-5) ** 0.5
    x = torch.rand(2, 4, 8, 6)

    own, image, quarters = layer(x).chunk(3, dim=1)

    assert layer.out_channels == 12
    torch.testing.assert_close(own, x)
    torch.testing.assert_close(image, x.mean((2, 3), keepdim=True).expand_as(x))
    torch.testing.assert_close(quarters[..., 0, 0], x[..., :4, :3].mean((2, 3)))  # a corner, so not interpolated
    torch.testing.assert_close(quarters[..., -1, -1], x[..., 4:, 3:].mean((2, 3)))


def test_a_map_smaller_than_its_grids_works() -> None:
    assert PyramidPooling(4, 2)(torch.rand(1, 4, 1, 3)).shape == (1, 12, 1, 3)

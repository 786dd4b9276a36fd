import torch

from segcli.layers.scale_block import ScaleBlock


def test_it_doubles_the_size_and_normalises_every_pixel() -> None:
    found = ScaleBlock(8)(torch.randn(2, 8, 3, 5))
    assert found.shape == (2, 8, 6, 10)
    torch.testing.assert_close(found.mean(dim=1), torch.zeros(2, 6, 10), atol=1e-5, rtol=0)

import torch

from segcli.layers.layer_norm import LayerNorm


def test_every_pixel_has_mean_0_and_deviation_1_over_channels() -> None:
    y = LayerNorm(64)(torch.randn(2, 64, 3, 5) * 4 + 3)

    assert y.shape == (2, 64, 3, 5)
    torch.testing.assert_close(y.mean(1), torch.zeros(2, 3, 5), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var(1, correction=0), torch.ones(2, 3, 5), atol=1e-4, rtol=0)

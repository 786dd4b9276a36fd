import torch

from segcli.layers.channel_gate import ChannelGate


def test_weighs_every_channel_by_the_mean_of_the_map() -> None:
    gate, x = ChannelGate(32, reduction=8), torch.randn(2, 32, 5, 7)

    factors = gate(x)

    assert factors.shape == (2, 32, 1, 1)
    assert ((factors > 0) & (factors < 1)).all()
    torch.testing.assert_close(factors, gate(x.mean((2, 3), keepdim=True)))
    assert gate.gate[0].out_channels == 4
    assert ChannelGate(3).gate[0].out_channels == 1

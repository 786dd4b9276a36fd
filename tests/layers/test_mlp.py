import torch
from torch import nn

from segcli.layers.mlp import MLP


def test_there_is_an_activation_between_layers_and_none_after_them() -> None:
    mlp = MLP(3, 5, 5, 2, activation=nn.GELU)
    assert [type(layer) for layer in mlp] == [nn.Linear, nn.GELU, nn.Linear, nn.GELU, nn.Linear]
    assert mlp(torch.zeros(4, 7, 3)).shape == (4, 7, 2)

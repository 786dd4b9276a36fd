import torch

from segcli.layers.tokens import tokens_of


def test_tokens_are_pixels_row_by_row() -> None:
    x = torch.randn(2, 3, 4, 5)

    tokens = tokens_of(x)

    assert tokens.shape == (2, 20, 3)
    assert tokens[1, 7].equal(x[1, :, 1, 2])

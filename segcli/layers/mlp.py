"""A perceptron of several layers, of tokens."""

import itertools
from collections.abc import Callable

from torch import nn


class MLP(nn.Sequential):
    """Map ``(..., widths[0])`` to ``(..., widths[-1])`` by linear layers with an activation between them.

    Args:
        widths: Channels of the input, between layers, and of the output.
        activation: Between layers.
    """

    def __init__(self, *widths: int, activation: Callable[[], nn.Module] = nn.ReLU) -> None:
        layers = [layer for pair in itertools.pairwise(widths) for layer in (nn.Linear(*pair), activation())]
        super().__init__(*layers[:-1])

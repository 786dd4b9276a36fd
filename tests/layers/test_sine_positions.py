import math

import pytest
import torch

from segcli.layers.sine_positions import sine_positions


def test_they_are_those_of_the_formula() -> None:
    height, width, channels = 3, 5, 8
    found = sine_positions(torch.zeros(2, channels, height, width))
    assert found.shape == (1, channels, height, width)
    for y in range(height):
        for x in range(width):
            for channel in range(channels):
                position, size = (y, height) if channel < channels // 2 else (x, width)
                index = channel % (channels // 2)
                angle = 2 * math.pi * (position + 1) / (size + 1e-6) / 10000 ** (index // 2 * 2 / (channels // 2))
                expected = math.cos(angle) if index % 2 else math.sin(angle)
                assert found[0, channel, y, x].item() == pytest.approx(expected, abs=1e-5)


def test_no_two_places_have_the_same() -> None:
    found = sine_positions(torch.zeros(1, 16, 7, 9)).flatten(2)[0].T
    assert len(found.unique(dim=0)) == 63

from functools import partial

import pytest
import torch
from torch import nn

from segcli.decoders.dysample import DySample
from segcli.decoders.fcn import FCN
from segcli.decoders.linear import Linear
from segcli.decoders.segformer import SegFormer
from segcli.layers.resize import resize
from tests.decoders.reference import pyramid, specs

PYRAMID = specs(4, 6, 8, 10)
BASE = partial(SegFormer, width=8)


def test_without_offsets_it_is_bilinear_interpolation() -> None:
    decoder = DySample(PYRAMID, 3, BASE, scale=2, groups=2)
    nn.init.zeros_(decoder.offset.weight)
    x = torch.randn(2, 8, 5, 7)

    torch.testing.assert_close(decoder.upsample(x), resize(x, size=(10, 14)))


def test_an_offset_is_a_quarter_of_what_the_convolution_says_in_pixels_of_the_map() -> None:
    decoder = DySample(PYRAMID, 3, BASE, scale=2, groups=2)
    nn.init.zeros_(decoder.offset.weight)
    with torch.no_grad():
        decoder.offset.bias.view(2, 2, 4)[1, 0] = 4.0  # of the second group, x
    x = torch.randn(2, 8, 5, 7)

    found, plain = decoder.upsample(x), resize(x, size=(10, 14))

    torch.testing.assert_close(found[:, :4], plain[:, :4])
    torch.testing.assert_close(found[:, 4:, :, :-4], plain[:, 4:, :, 2:-2], atol=1e-5, rtol=1e-5)


def test_the_map_is_finer_by_the_scale() -> None:
    decoder = DySample(PYRAMID, 3, partial(FCN, level=1, width=8))

    assert (decoder.out_stride, decoder.out_channels) == (1, 8)
    assert decoder(pyramid(PYRAMID, 32, 48)).shape == (1, 8, 32, 48)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"base": Linear}, "got Linear as base, which predicts by itself, expected a decoder that gives a map"),
        (
            {"base": BASE, "scale": 4},
            "scale 4, expected a number above 1 that divides 2, the stride of the map",
        ),
        ({"base": BASE, "scale": 1}, "scale 1, expected a number above 1"),
        ({"base": BASE, "scale": 2, "groups": 3}, "groups 3, expected a number that divides the 8 channels"),
    ],
)
def test_what_cannot_be_is_an_error(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DySample(PYRAMID, 3, **arguments)

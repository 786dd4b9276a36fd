import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.decoders.pan import PAN
from tests.decoders.reference import copy_from_smp, pyramid, specs

LEVELS = specs(8, 12, 16, 20, 24)


@pytest.mark.parametrize("depth", [3, 5])
def test_equals_the_reference_with_its_weights(depth: int) -> None:
    torch.manual_seed(0)
    levels = LEVELS[:depth]
    reference = smp.decoders.pan.decoder.PANDecoder([3, *(f.channels for f in levels)], depth, 16).eval()
    decoder = PAN(levels[1:], width=16, align_corners=True).eval()
    copy_from_smp(reference, decoder)
    maps = pyramid(levels, 256, 512)  # theirs needs a deepest level of multiples of 8

    expected = reference([torch.empty(0), *maps])

    torch.testing.assert_close(decoder(maps[1:]), expected, atol=1e-5, rtol=1e-5)


def test_uses_the_last_four_levels_only() -> None:
    decoder = PAN(LEVELS)

    assert (decoder.out_stride, decoder.out_channels) == (4, 32)
    assert [climb.reduce.conv.in_channels for climb in decoder.climb] == [20, 16, 12]

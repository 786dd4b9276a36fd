import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.decoders.upernet import UPerNet
from tests.decoders.reference import copy_from_smp, pyramid, specs

LEVELS = specs(8, 16, 24, 32, 40)


@pytest.mark.parametrize("depth", [3, 5])
def test_equals_the_reference_with_its_weights(depth: int) -> None:
    torch.manual_seed(0)
    levels = LEVELS[:depth]
    reference = smp.decoders.upernet.decoder.UPerNetDecoder([3, *(f.channels for f in levels)], depth, 16).eval()
    decoder = UPerNet(levels[1:], width=16, norm_levels=True).eval()
    copy_from_smp(reference, decoder)
    maps = pyramid(levels, 97, 160)

    expected = reference([torch.empty(1, 3, 97, 160), *maps])

    torch.testing.assert_close(decoder(maps[1:]), expected, atol=1e-5, rtol=1e-5)


def test_levels_come_as_they_are_by_default() -> None:
    torch.manual_seed(0)
    plain, normed = UPerNet(LEVELS, width=8).eval(), UPerNet(LEVELS, width=8, norm_levels=True).eval()
    normed.load_state_dict(plain.state_dict(), strict=False)
    maps = pyramid(LEVELS, 64, 64)
    normalised = [norm(x) for norm, x in zip(normed.norms, maps[1:], strict=True)]

    torch.testing.assert_close(plain([maps[0], *normalised]), normed(maps))


def test_uses_the_last_four_levels_and_zeroes_whole_channels_in_training() -> None:
    decoder = UPerNet(LEVELS, width=64, dropout=0.5)

    y = decoder(pyramid(LEVELS, 64, 64))

    assert decoder.out_stride == 4
    assert 15 < (y == 0).all(dim=(2, 3)).sum() < 50

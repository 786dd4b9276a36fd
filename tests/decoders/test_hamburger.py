import pytest
import torch
from torch.nn import functional as F

from segcli.decoders.hamburger import Hamburger
from segcli.features import FeatureSpec
from tests.decoders.reference import pyramid, specs

LEVELS = specs(8, 16, 24, 32, 40)


def test_is_what_the_figure_shows() -> None:
    torch.manual_seed(0)
    decoder, maps = Hamburger(LEVELS, width=32, rank=4).eval(), pyramid(LEVELS, 64, 96)
    levels = [F.interpolate(x, maps[2].shape[-2:], mode="bilinear") for x in maps[2:]]

    x = decoder.fuse(torch.cat(levels, dim=1))
    context = decoder.upper_bread(decoder.ham(F.relu(decoder.lower_bread[0](x))))
    expected = decoder.align(F.relu(x + context))

    torch.testing.assert_close(decoder(maps), expected, atol=1e-5, rtol=1e-5)
    assert (context < 0).any()


def test_never_uses_a_fourth_level() -> None:
    decoder, maps = Hamburger(LEVELS, width=32).eval(), pyramid(LEVELS, 64, 64)

    assert decoder.out_stride == 8
    torch.testing.assert_close(decoder(maps[2:]), decoder(maps))
    assert Hamburger([FeatureSpec(8, 4)] * 2, width=32).out_stride == 4


def test_zeroes_whole_channels_in_training_only() -> None:
    decoder, maps = Hamburger(LEVELS, width=64, dropout=0.5), pyramid(LEVELS, 64, 64)

    assert 15 < (decoder(maps) == 0).all(dim=(2, 3)).sum() < 50
    assert (decoder.eval()(maps) == 0).all(dim=(2, 3)).sum() == 0


def test_a_width_without_groups_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"Hamburger got width 48, expected a multiple of 32 .*; use 64"):
        Hamburger(LEVELS, width=48)

import pytest
import segmentation_models_pytorch as smp
import torch
from torch import nn

from segcli.decoders.pspnet import PSPNet
from segcli.features import FeatureSpec
from tests.decoders.reference import copy_by_position, pyramid

LEVELS = [FeatureSpec(24, 8), FeatureSpec(40, 8)]


def test_equals_the_reference_with_its_weights() -> None:
    """Which has the pools before the map, and a bias where the pool of one cell is normalised here."""
    torch.manual_seed(0)
    reference = smp.decoders.pspnet.decoder.PSPDecoder([3, 24, 40], out_channels=16).eval()
    decoder = PSPNet(LEVELS, width=16, kernel_size=1, align_corners=True).eval()
    pooling, last = decoder.pool
    single, *others = [block.pool[1] for block in reference.psp.blocks]
    nn.init.normal_(single[0].bias)
    copy_by_position(nn.ModuleList(others), pooling.reduce[1:])
    copy_by_position(reference.conv, last)
    only = pooling.reduce[0]
    only.load_state_dict({"conv.weight": single[0].weight, "norm.bias": single[0].bias}, strict=False)
    nn.init.constant_(only.norm.weight, (1 + only.norm.eps) ** 0.5)  # what evaluation divides by at first
    last.conv.weight.data = last.conv.weight.roll(40, dims=1)
    maps = pyramid(LEVELS, 97, 160)

    torch.testing.assert_close(decoder(maps), reference(maps), atol=1e-5, rtol=1e-5)


def test_grids_share_the_channels_of_the_level() -> None:
    decoder = PSPNet(LEVELS, width=16)

    assert [reduce.conv.out_channels for reduce in decoder.pool[0].reduce] == [10] * 4
    assert decoder.pool[1].conv.in_channels == 80
    assert decoder.out_stride == 8


def test_zeroes_whole_channels_in_training_only() -> None:
    decoder, maps = PSPNet(LEVELS, width=64, dropout=0.5), pyramid(LEVELS, 64, 64)

    assert 15 < (decoder(maps) == 0).all(dim=(2, 3)).sum() < 50
    assert (decoder.eval()(maps) == 0).all(dim=(2, 3)).sum() == 0


def test_more_grids_than_channels_are_an_error() -> None:
    with pytest.raises(ValueError, match="PSPNet got 4 grids for a level of 3 channels"):
        PSPNet([FeatureSpec(3, 8)])

import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.decoders.pspnet import PSPNet
from segcli.features import FeatureSpec
from tests.decoders.reference import copy_from_smp, pyramid

LEVELS = [FeatureSpec(24, 8), FeatureSpec(40, 8)]


def test_equals_the_reference_with_its_weights() -> None:
    torch.manual_seed(0)
    reference = smp.decoders.pspnet.decoder.PSPDecoder([3, 24, 40], out_channels=16).eval()
    decoder = PSPNet(LEVELS, width=16, kernel_size=1, align_corners=True).eval()
    copy_from_smp(reference, decoder)
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

import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.decoders.fpn import FPN
from segcli.features import FeatureSpec
from tests.decoders.reference import copy_from_smp, pyramid, specs

LEVELS = specs(8, 16, 24, 32, 40)


@pytest.mark.parametrize("depth", [3, 5])
def test_equals_the_reference_with_its_weights(depth: int) -> None:
    torch.manual_seed(0)
    channels = [3, *(f.channels for f in LEVELS[:depth])]
    if depth == 5:
        levels, sizes = LEVELS, pyramid(LEVELS, 96, 160)
    else:  # the reference then takes the image itself as finest level
        levels = [FeatureSpec(3, 1), *LEVELS[:3]]
        sizes = pyramid(levels, 32, 48)
    reference = smp.decoders.fpn.decoder.FPNDecoder(channels, encoder_depth=depth, pyramid_channels=64).eval()
    decoder = FPN(levels, pyramid_channels=64).eval()
    copy_from_smp(reference, decoder)

    torch.testing.assert_close(decoder(sizes), reference(sizes), atol=1e-5, rtol=1e-5)


def test_uses_the_last_four_levels_only() -> None:
    decoder = FPN(LEVELS)

    assert decoder.out_stride == 4
    assert [lateral.in_channels for lateral in decoder.laterals] == [40, 32, 24, 16]


def test_equal_strides_as_of_a_plain_vit_keep_their_size() -> None:
    levels = [FeatureSpec(12, 16)] * 4

    y = FPN(levels)(pyramid(levels, 96, 80))

    assert y.shape == (1, 128, 6, 5)


def test_zeroes_whole_channels_in_training_only() -> None:
    decoder = FPN(LEVELS, dropout=0.5)
    features = pyramid(LEVELS, 64, 64)

    dropped = (decoder(features) == 0).all(dim=(2, 3)).sum()
    kept = (decoder.eval()(features) == 0).all(dim=(2, 3)).sum()

    assert 30 < dropped < 100
    assert kept == 0


def test_starts_with_linear_laterals_of_unit_gain_and_no_bias() -> None:
    lateral = FPN([FeatureSpec(256, 4)]).laterals[0]

    assert lateral.weight.std().item() == pytest.approx((2 / 512) ** 0.5, rel=0.05)
    assert (lateral.bias == 0).all()


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="0 feature levels"):
        FPN([])
    with pytest.raises(ValueError, match=r"segmentation_channels 100, .* use 128"):
        FPN(LEVELS, segmentation_channels=100)

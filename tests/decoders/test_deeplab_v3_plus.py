import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.decoders.deeplab_v3_plus import DeepLabV3Plus
from segcli.features import FeatureSpec
from tests.decoders.reference import copy_from_smp, pyramid, specs

LEVELS = [*specs(8, 16, 24, 32), FeatureSpec(40, 16)]


def test_equals_the_reference_with_its_weights() -> None:
    torch.manual_seed(0)
    channels = [3, *(f.channels for f in LEVELS)]
    reference = smp.decoders.deeplabv3.decoder.DeepLabV3PlusDecoder(channels, 5, 16, (2, 3, 5), 16, True, 0.5).eval()
    decoder = DeepLabV3Plus(LEVELS, width=16, rates=[2, 3, 5], convs=1, smooth=True, align_corners=True).eval()
    copy_from_smp(reference, decoder)
    maps = pyramid(LEVELS, 96, 160)

    expected = reference([torch.empty(1, 3, 96, 160), *maps])

    torch.testing.assert_close(decoder(maps), expected, atol=1e-5, rtol=1e-5)


def test_has_the_two_convolutions_of_the_paper_and_none_after_pooling() -> None:
    decoder = DeepLabV3Plus(LEVELS, width=16)

    assert [conv.depthwise.in_channels for conv in decoder.fuse] == [16 + 48, 16]
    assert not list(decoder.smooth.parameters())


@pytest.mark.parametrize(("stride", "rates"), [(8, [12, 24, 36]), (16, [6, 12, 18]), (32, [6, 12, 18])])
def test_rates_follow_the_stride_of_the_deepest_level(stride: int, rates: list[int]) -> None:
    decoder = DeepLabV3Plus([FeatureSpec(8, 4), FeatureSpec(8, stride)], width=8)

    assert [conv.depthwise.dilation[0] for conv in decoder.aspp.atrous] == rates


@pytest.mark.parametrize(
    ("strides", "low"),
    [([2, 4, 8, 16, 16], 1), ([4, 8, 16, 32], 0), ([16] * 4, 0), ([1, 2], 0), ([2, 2, 8], 1), ([2, 32], 0)],
)
def test_the_fine_level_is_the_first_of_stride_4_or_the_nearest_there_is(strides: list[int], low: int) -> None:
    decoder = DeepLabV3Plus([FeatureSpec(8, stride) for stride in strides], width=8)

    assert (decoder.low_index, decoder.out_stride) == (low, strides[low])


def test_drops_values_in_training_only() -> None:
    torch.manual_seed(0)
    decoder, maps = DeepLabV3Plus(LEVELS, width=16, low_level=False, dropout=1.0), pyramid(LEVELS, 64, 64)

    assert (decoder(maps) == 0).all()
    assert (decoder.eval()(maps) != 0).any()


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="DeepLabV3Plus got 1 feature level, expected at least 2"):
        DeepLabV3Plus(LEVELS[:1])
    with pytest.raises(ValueError, match="convs 0, expected at least 1; leave it out"):
        DeepLabV3Plus(LEVELS, convs=0)

import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.decoders.unet import UNet
from segcli.features import FeatureSpec
from tests.decoders.reference import copy_from_smp, pyramid, specs


@pytest.mark.parametrize("depth", [3, 4, 5])
def test_equals_the_reference_with_its_weights(depth: int) -> None:
    torch.manual_seed(0)
    levels = specs(8, 16, 24, 32, 40)[:depth]
    widths = [48, 32, 24, 16, 8][-depth:]
    reference = smp.decoders.unet.decoder.UnetDecoder([3, *(f.channels for f in levels)], widths, depth).eval()
    decoder = UNet(levels, channels=widths).eval()
    copy_from_smp(reference, decoder)
    features = pyramid(levels, 64, 96)

    expected = reference([torch.empty(1, 3, 64, 96), *features])

    torch.testing.assert_close(decoder(features), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("strides", "widths"),
    [
        ([2, 4, 8, 16, 32], [256, 128, 64, 32, 16]),
        ([4, 8, 16, 32], [256, 128, 64, 32, 16]),
        ([2, 4, 8], [64, 32, 16]),
        ([16] * 4, [256, 256, 256, 128, 64, 32, 16]),
        ([14] * 2, [256, 128, 64, 32, 16]),
        ([1, 2], [16]),
        ([1], [16]),
    ],
)
def test_reaches_full_resolution_from_any_strides(strides: list[int], widths: list[int]) -> None:
    levels = [FeatureSpec(8, stride) for stride in strides]
    decoder = UNet(levels)

    y = decoder(pyramid(levels, 224, 448))

    assert [block[1].conv.out_channels for block in decoder.blocks] == widths
    assert y.shape == (1, 16, 224, 448)
    assert (decoder.out_channels, decoder.out_stride, decoder.classifier_kernel) == (16, 1, 3)


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="0 feature levels"):
        UNet([])
    with pytest.raises(ValueError, match=r"3 channels, expected 5: one for each of 4 skip .* 1 blocks without"):
        UNet(specs(8, 16, 24, 32, 40), channels=[64, 32, 16])

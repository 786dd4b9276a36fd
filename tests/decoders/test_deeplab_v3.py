import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.decoders.deeplab_v3 import DeepLabV3
from segcli.decoders.deeplab_v3_plus import DeepLabV3Plus
from segcli.features import FeatureSpec
from tests.decoders.reference import copy_from_smp, pyramid

LEVELS = [FeatureSpec(24, 8), FeatureSpec(40, 8)]


def test_equals_the_reference_with_its_weights() -> None:
    torch.manual_seed(0)
    reference = smp.decoders.deeplabv3.decoder.DeepLabV3Decoder(40, 16, (12, 24, 36), False, 0.5).eval()
    decoder = DeepLabV3(LEVELS, width=16, smooth=True).eval()
    copy_from_smp(reference, decoder)
    maps = pyramid(LEVELS, 97, 160)

    torch.testing.assert_close(decoder(maps), reference(maps), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("separable", [True, False])
def test_is_deeplabv3_plus_without_its_fine_level(separable: bool) -> None:
    decoder = DeepLabV3(LEVELS, width=16, separable=separable).eval()
    plus = DeepLabV3Plus(LEVELS, width=16, low_level=False, separable=separable).eval()
    maps = pyramid(LEVELS, 64, 64)

    plus.load_state_dict(decoder.state_dict())

    torch.testing.assert_close(plus(maps), decoder(maps))
    assert decoder.out_stride == 8

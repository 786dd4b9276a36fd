import segmentation_models_pytorch as smp
import torch

from segcli.decoders.linknet import LinkNet
from segcli.features import FeatureSpec
from tests.decoders.reference import copy_from_smp, pyramid, specs

LEVELS = specs(8, 12, 16, 20, 24)


def test_equals_the_reference_with_its_weights() -> None:
    torch.manual_seed(0)
    reference = smp.decoders.linknet.decoder.LinknetDecoder([3, *(f.channels for f in LEVELS)]).eval()
    decoder = LinkNet(LEVELS, kernel_size=4).eval()
    copy_from_smp(reference, decoder)
    maps = pyramid(LEVELS, 64, 96)

    expected = reference([torch.empty(1, 3, 64, 96), *maps])

    torch.testing.assert_close(decoder(maps), expected, atol=1e-5, rtol=1e-5)


def test_odd_sizes_are_cut_where_images_were_padded() -> None:
    torch.manual_seed(0)
    decoder = LinkNet(LEVELS[:2]).eval()
    whole = pyramid(LEVELS[:2], 36, 36)
    odd = [whole[0][..., :17, :17], whole[1]]

    torch.testing.assert_close(decoder(odd)[..., :30, :30], decoder(whole)[..., :30, :30])


def test_equal_strides_keep_their_size_and_the_last_steps_lead_to_full_resolution() -> None:
    levels = [FeatureSpec(8, 14)] * 3
    decoder = LinkNet(levels)

    assert [step.enlarge[0].stride[0] for step in decoder.steps] == [1, 1, 2, 2, 2, 2]
    assert decoder(pyramid(levels, 42, 56)).shape == (1, 32, 42, 56)

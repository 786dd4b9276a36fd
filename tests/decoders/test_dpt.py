from typing import Literal

import pytest
import torch
from segmentation_models_pytorch.decoders.dpt.decoder import DPTDecoder, DPTSegmentationHead
from torch import nn

from segcli.decoders.dpt import DPT
from segcli.features import Features, FeatureSpec
from tests.decoders.reference import copy_from_smp

PLAIN = [FeatureSpec(24, 16)] * 4
CHANNELS = [8, 12, 16, 20]


def features(height: int, width: int, has_prefix: bool = True) -> Features:
    levels = [torch.randn(2, f.channels, height, width) for f in PLAIN]
    prefix = [torch.randn(2, 1, f.channels) for f in PLAIN] if has_prefix else None
    return Features(levels, torch.empty(2, 3, height * 16, width * 16), (height * 16, width * 16), prefix)


@pytest.mark.parametrize(("readout", "theirs"), [("project", "cat"), ("add", "add"), ("ignore", "ignore")])
def test_equals_the_reference_with_its_weights(readout: Literal["project", "add", "ignore"], theirs: str) -> None:
    torch.manual_seed(0)
    reference = DPTDecoder([24] * 4, [16] * 4, True, theirs, CHANNELS, fusion_channels=16).eval()
    reference.fusion_blocks[0].residual_conv_block1 = nn.Identity()  # the deviation of the reference
    classifier = DPTSegmentationHead(16, 3).eval()
    head = DPT(PLAIN, 3, CHANNELS, width=16, readout=readout).eval()
    copy_from_smp(reference, head, classifier)
    given = features(4, 6)

    expected = classifier.head(reference(given.levels, given.prefix))

    assert expected.shape == (2, 3, 32, 48)
    torch.testing.assert_close(head(given).map / expected.abs().max(), expected / expected.abs().max())


def test_any_number_of_patches_gives_eight_pixels_for_each() -> None:
    head = DPT(PLAIN, 3, CHANNELS, width=8).eval()

    assert head(features(3, 5)).map.shape == (2, 3, 24, 40)
    assert head(features(1, 1)).map.shape == (2, 3, 8, 8)


def test_levels_of_a_pyramid_come_as_they_are() -> None:
    specs = [FeatureSpec(4, 4), FeatureSpec(5, 8), FeatureSpec(6, 16)]
    levels = [torch.randn(1, f.channels, 64 // f.stride, 64 // f.stride) for f in specs]
    head = DPT(specs, 3, [8, 8, 8], width=8, readout="ignore").eval()

    assert head(Features(levels, torch.empty(1, 3, 64, 64), (64, 64))).map.shape == (1, 3, 32, 32)


def test_a_class_token_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"without a class token, .* set model.decoder.readout to ignore or choose"):
        DPT(PLAIN, 3)(features(2, 2, has_prefix=False))


def test_channels_are_one_for_each_level() -> None:
    with pytest.raises(ValueError, match="DPT got 3 channels, expected 4, one for each level"):
        DPT(PLAIN, 3, channels=[8, 8, 8])

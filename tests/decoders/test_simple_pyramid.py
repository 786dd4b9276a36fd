from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from segcli.decoders.base import Decoder, Head
from segcli.decoders.fpn import FPN
from segcli.decoders.simple_pyramid import SimplePyramid
from segcli.features import Features, FeatureSpec
from segcli.prediction import DensePrediction

PLAIN = [FeatureSpec(24, 16)] * 2


class Seen(Head):
    """Keeps what it is built for and what it is given."""

    def __init__(self, features: Sequence[FeatureSpec], num_outputs: int) -> None:
        super().__init__()
        self.specs, self.given, self.num_outputs = list(features), [], num_outputs

    def forward(self, features: Features) -> DensePrediction:
        self.given.append(features)
        return DensePrediction(features.levels[0][:, : self.num_outputs], features.size)


def features(height: int, width: int) -> Features:
    levels, prefix = [torch.randn(2, 24, height, width) for _ in PLAIN], [torch.randn(2, 1, 24) for _ in PLAIN]
    return Features(levels, torch.empty(2, 3, height * 16, width * 16), (height * 16, width * 16), prefix)


def test_the_base_gets_four_levels_of_one_width() -> None:
    head = SimplePyramid(PLAIN, 3, Seen, width=8)

    head(features(3, 5))

    assert head.base.specs == [FeatureSpec(8, stride) for stride in (4, 8, 16, 32)]
    (given,) = head.base.given
    assert [x.shape[1:] for x in given.levels] == [(8, 12, 20), (8, 6, 10), (8, 3, 5), (8, 2, 3)]
    assert given.prefix is None


def test_only_the_deepest_level_is_read() -> None:
    head, given = SimplePyramid(PLAIN, 3, Seen, width=8), features(2, 2)
    for level in given.levels:
        level.requires_grad_()

    head(given).map.square().sum().backward()

    assert given.levels[0].grad is None
    assert given.levels[1].grad is not None


def test_pixels_are_normalised_over_their_channels() -> None:
    head = SimplePyramid(PLAIN, 3, Seen, width=8)

    head(features(4, 4))

    for level in head.base.given[0].levels:
        torch.testing.assert_close(level.mean(1), torch.zeros_like(level[:, 0]), atol=1e-5, rtol=0)


def test_a_decoder_gets_its_classifier() -> None:
    head = SimplePyramid(PLAIN, 3, FPN)

    assert isinstance(head.base.decoder, Decoder)
    assert isinstance(head.base.classifier, nn.Conv2d)
    found: Tensor = head(features(2, 3)).map
    assert found.shape == (2, 3, 8, 12)


def test_patches_that_have_no_quarter_are_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"stride 14, expected a multiple of 4.*backbone_kwargs \{patch_size: 16\}"):
        SimplePyramid([FeatureSpec(24, 14)], 3, FPN)

from collections.abc import Mapping, Sequence
from functools import partial

import pytest
import torch
from torch import nn

from segcli.decoders.base import Decoder, Head
from segcli.decoders.fcn import FCN
from segcli.decoders.of_classes import of_classes
from segcli.features import Features, FeatureSpec
from segcli.prediction import DensePrediction, Prediction
from segcli.registry import names
from tests.contracts import test_decoders as decoders
from tests.contracts import test_heads as heads

PLAIN_VIT = [FeatureSpec(24, 16)] * 4
OF_HEADS: Mapping[str, set[str]] = {
    "CGRSeg": {"classify.1"},
    "DPT": {"head.2"},
    "DeepSupervision": {f"classifiers.{level}" for level in range(7)},
    "EdgeHead": set(),
    "MaskTransformer": {"class_tokens", "class_norm"},
    "OCRNet": {"classifier", "coarse.1"},
    "PointRend": {"base.classifier", "points.classifier", *(f"points.layers.{layer}" for layer in range(3))},
    "SimplePyramid": {"base.classifier"},
}
"""What of each head belongs to the classes, where it is not a module ``classifier`` alone."""


class Own(Head):
    """Name the layer that gives logits as nobody does; what it builds needs values, if it is told to."""

    def __init__(self, features: Sequence[FeatureSpec], num_outputs: int, needs_values: bool = False) -> None:
        super().__init__()
        self.first = nn.Conv2d(features[0].channels, 8, 1)
        self.mine = nn.Conv2d(8, num_outputs, 1)
        if needs_values:
            self.first.weight.sum().item()

    def forward(self, features: Features) -> Prediction:
        return DensePrediction(self.mine(self.first(features.levels[0])), features.size)


def owners(found: frozenset[str]) -> set[str]:
    return {name.removesuffix(".weight").removesuffix(".bias") for name in found}


@pytest.mark.parametrize("name", names("decoders"))
@pytest.mark.parametrize("num_outputs", [1, 2, 5])
def test_of_every_decoder_all_that_knows_the_classes_is_found(name: str, num_outputs: int) -> None:
    kind = heads.head_class(name)
    if issubclass(kind, Decoder):
        factory, expected = lambda features: decoders.small(name, features), {"classifier"}
    else:
        factory = partial(kind, **heads.SMALL.get(name, {}))
        expected = {f"decoder.{part}" for part in OF_HEADS.get(name, {"classifier"})}
    state = torch.random.get_rng_state()

    found = of_classes([factory], PLAIN_VIT, num_outputs)

    assert owners(found) == expected
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("needs_values", [False, True])
def test_a_head_of_a_user_declares_nothing(needs_values: bool) -> None:
    state = torch.random.get_rng_state()
    found = of_classes([partial(Own, needs_values=needs_values)], PLAIN_VIT, 3)
    assert found == {"decoder.mine.weight", "decoder.mine.bias"}
    assert torch.equal(torch.random.get_rng_state(), state)


def test_auxiliary_decoders_are_among_them() -> None:
    found = of_classes([FCN, FCN, Own], PLAIN_VIT, 3)
    assert owners(found) == {"classifier", "auxiliary.0.classifier", "auxiliary.1.mine"}

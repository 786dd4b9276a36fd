"""What every registered decoder keeps; a new one is covered by its line in the registry."""

import importlib
import math
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from segcli.decoders.base import Decoder
from segcli.features import FeatureSpec
from segcli.registry import names

PYRAMID = [FeatureSpec(channels, 2**level) for level, channels in enumerate((8, 12, 16, 24, 32), start=1)]
PLAIN_VIT = [FeatureSpec(24, 16)] * 4
Build = Callable[[Sequence[FeatureSpec]], Decoder]


@pytest.fixture(params=names("decoders"))
def build(request: pytest.FixtureRequest) -> Build:
    module, _, name = names("decoders")[request.param].partition(":")
    torch.manual_seed(0)
    return getattr(importlib.import_module(module), name)


def levels(features: Sequence[FeatureSpec], height: int, width: int, batch: int = 2) -> list[Tensor]:
    return [torch.randn(batch, f.channels, math.ceil(height / f.stride), math.ceil(width / f.stride)) for f in features]


@pytest.mark.parametrize("size", [(64, 96), (97, 131), (33, 64)])
@pytest.mark.parametrize("features", [PYRAMID[:depth] for depth in range(1, 6)] + [PYRAMID[1:], PLAIN_VIT])
def test_shape_is_what_the_attributes_say(build: Build, features: list[FeatureSpec], size: tuple[int, int]) -> None:
    decoder = build(features)
    maps = levels(features, *size)

    y = decoder(maps)

    height, width = (math.ceil(s * features[0].stride / decoder.out_stride) for s in maps[0].shape[-2:])
    assert y.shape == (2, decoder.out_channels, height, width)
    assert decoder.classifier_kernel % 2 == 1


def test_one_image_is_enough_for_evaluation(build: Build) -> None:
    decoder = build(PYRAMID).eval()

    assert decoder(levels(PYRAMID, 32, 32, batch=1)).isfinite().all()


def test_gradient_reaches_every_parameter_and_every_level_that_is_used(build: Build) -> None:
    decoder = build(PYRAMID)
    maps = [x.requires_grad_() for x in levels(PYRAMID, 64, 64)]

    decoder(maps).square().mean().backward()

    for name, parameter in decoder.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert sum(x.grad is not None for x in maps) >= 1
    assert maps[-1].grad is not None


def test_leaves_its_input_alone(build: Build) -> None:
    maps = levels(PYRAMID, 64, 64)
    before = [x.clone() for x in maps]

    build(PYRAMID)(maps)

    torch.testing.assert_close(maps, before)


def test_runs_in_bfloat16_autocast(build: Build) -> None:
    decoder = build(PYRAMID).eval()
    maps = levels(PYRAMID, 64, 64)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = decoder(maps)

    torch.testing.assert_close(low.float(), decoder(maps), atol=0.1, rtol=0.1)


def test_state_dict_is_the_whole_state(build: Build) -> None:
    source, target = build(PYRAMID), build(PYRAMID)
    source(levels(PYRAMID, 64, 64))  # moves statistics
    maps = levels(PYRAMID, 64, 64)

    target.load_state_dict(source.state_dict())

    torch.testing.assert_close(source.eval()(maps), target.eval()(maps))


def test_no_levels_are_an_error(build: Build) -> None:
    with pytest.raises(ValueError, match="0 feature levels"):
        build([])

"""What every registered decoder keeps; a new one is covered by its line in the registry.

A line in ``SMALL`` makes it cheaper to test.
"""

import importlib
import inspect
import math
from collections.abc import Mapping, Sequence
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.decoders.classified import Classified
from segcli.decoders.segformer import SegFormer
from segcli.features import Features, FeatureSpec
from segcli.registry import names
from segcli.segmenter import Segmenter
from tests.test_segmenter import Pyramid

CNN = [FeatureSpec(channels, 2**level) for level, channels in enumerate((8, 12, 16, 24, 32), start=1)]
TRANSFORMER = CNN[1:]
PLAIN_VIT = [FeatureSpec(24, 16)] * 4
DILATED = [*CNN[:4], FeatureSpec(32, 16)]
BACKBONES = {"cnn": CNN, "transformer": TRANSFORMER, "plain_vit": PLAIN_VIT}


def per_step(features: Sequence[FeatureSpec]) -> list[int]:
    """Widths of the steps from the deepest level to the finest and on to full resolution."""
    return [8] * max(1, len(features) - 1 + (features[0].stride - 1).bit_length())


SMALL: Mapping[str, Mapping[str, object]] = {
    "DeepLabV3": {"width": 8},
    "DeepLabV3Plus": {"width": 8},
    "DySample": {"num_outputs": 3, "base": partial(SegFormer, width=8), "scale": 2},
    "FCN": {"width": 8},
    "FPN": {"pyramid_channels": 8, "segmentation_channels": 32},
    "Hamburger": {"width": 32, "rank": 4},
    "LRASPP": {"width": 8},
    "LinkNet": {"width": 8},
    "MANet": {"channels": per_step, "attention_width": 4, "reduction": 1},
    "PAN": {"width": 8},
    "PSPNet": {"width": 8},
    "SegFormer": {"width": 8},
    "UNet": {"channels": per_step},
    "UNetPlusPlus": {"channels": per_step},
    "UPerNet": {"width": 8},
}
"""Arguments, or functions of the features that return them, with which a decoder is computed here."""

LEAST = {"DeepLabV3Plus": 2, "LRASPP": 2}
"""Levels that a decoder cannot do without, where one is not enough."""


def decoder_class(name: str) -> type[Decoder]:
    module, _, class_name = names("decoders")[name].partition(":")
    return getattr(importlib.import_module(module), class_name)


@pytest.fixture(params=[name for name in names("decoders") if issubclass(decoder_class(name), Decoder)])
def name(request: pytest.FixtureRequest) -> str:
    torch.manual_seed(0)
    return request.param


def small(name: str, features: Sequence[FeatureSpec] = CNN) -> Decoder:
    arguments = {
        key: value(features) if inspect.isfunction(value) else value for key, value in SMALL.get(name, {}).items()
    }
    return decoder_class(name)(features, **arguments)


def required(name: str) -> dict[str, object]:
    """Arguments without which a decoder cannot be built, such as the one that it stands around."""
    parameters = inspect.signature(decoder_class(name)).parameters
    return {k: v for k, v in SMALL.get(name, {}).items() if parameters[k].default is inspect.Parameter.empty}


def levels(features: Sequence[FeatureSpec], height: int, width: int, batch: int = 2) -> list[Tensor]:
    return [torch.randn(batch, f.channels, math.ceil(height / f.stride), math.ceil(width / f.stride)) for f in features]


@pytest.mark.parametrize("table", [SMALL, LEAST])
def test_the_tables_hold_decoders_and_their_arguments(table: Mapping[str, object]) -> None:
    for name, entry in table.items():
        arguments = inspect.signature(decoder_class(name)).parameters
        assert isinstance(entry, int) or set(entry) <= set(arguments), name


@torch.no_grad()
@pytest.mark.parametrize("features", [CNN[:n] for n in range(1, 6)] + [TRANSFORMER, PLAIN_VIT, DILATED])
def test_shape_is_what_the_attributes_say(name: str, features: list[FeatureSpec]) -> None:
    if len(features) < LEAST.get(name, 1):
        pytest.skip("fewer levels than the decoder takes")
    decoder = small(name, features)
    assert decoder.classifier_kernel % 2 == 1

    for size in ((64, 96), (97, 131), (33, 64), (1, 1)):
        maps = levels(features, *size)
        height, width = (math.ceil(s * features[0].stride / decoder.out_stride) for s in maps[0].shape[-2:])
        assert decoder(maps).shape == (2, decoder.out_channels, height, width), size


@torch.no_grad()
@pytest.mark.parametrize(("backbone", "outputs"), list(zip(BACKBONES, (1, 2, 150), strict=True)))
def test_gives_a_segmenter_logits_of_every_pixel(name: str, backbone: str, outputs: int) -> None:
    body = Pyramid()
    body.features, body.size_multiple = tuple(BACKBONES[backbone]), 32
    body.forward = lambda image: levels(body.features, *image.shape[-2:])

    logits = Segmenter(body, small(name, body.features), outputs)(torch.zeros(2, 3, 35, 51))

    assert logits.shape == (2, outputs, 35, 51)


def test_runs_with_its_defaults(name: str) -> None:
    """On the meta device, which does not compute; so do its sizes in ``segcli check --build``."""
    with torch.device("meta"):
        decoder = decoder_class(name)(CNN, **required(name)).eval()

        assert decoder(levels(CNN, 64, 96)).shape[:2] == (2, decoder.out_channels)


def test_too_few_levels_are_an_error(name: str) -> None:
    least = LEAST.get(name, 1)

    with pytest.raises(ValueError, match=rf"{name} got {least - 1} feature levels?, expected at least {least}; check"):
        decoder_class(name)(CNN[: least - 1], **required(name))


@pytest.mark.parametrize("backbone", BACKBONES)
def test_gradient_reaches_every_parameter_and_the_deepest_level(name: str, backbone: str) -> None:
    features = BACKBONES[backbone]
    decoder = small(name, features)
    maps = [x.requires_grad_() for x in levels(features, 64, 32)]

    decoder(maps).square().mean().backward()

    for part, parameter in decoder.named_parameters():
        assert parameter.grad is not None, part
        assert parameter.grad.abs().sum() > 0, part
    assert maps[-1].grad is not None


@pytest.mark.parametrize("side", [32, 1])
def test_one_image_is_enough_to_train_and_to_evaluate(name: str, side: int) -> None:
    decoder, maps = small(name), levels(CNN, side, side, batch=1)

    y = decoder(maps)
    y.sum().backward()

    assert y.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in decoder.parameters())
    assert decoder.eval()(maps).isfinite().all()


def test_two_evaluations_are_equal(name: str) -> None:
    decoder, maps = small(name).eval(), levels(CNN, 64, 32)

    torch.testing.assert_close(decoder(maps), decoder(maps), atol=0, rtol=0)


def test_leaves_its_input_alone(name: str) -> None:
    maps = levels(CNN, 64, 32)
    before = [x.clone() for x in maps]

    small(name)(maps)

    torch.testing.assert_close(maps, before, atol=0, rtol=0)


@torch.no_grad()
def test_runs_in_bfloat16_through_and_through(name: str) -> None:
    decoder = small(name).bfloat16()
    maps = [x.bfloat16() for x in levels(CNN, 96, 128)]
    for training in (True, False):
        assert decoder.train(training)(maps).isfinite().all()


def test_runs_in_bfloat16_autocast(name: str) -> None:
    decoder, maps = small(name).eval(), levels(CNN, 64, 32)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = decoder(maps)

    expected = decoder(maps)
    assert (low.float() - expected).norm() < 0.02 * expected.norm()


def test_trains_in_bfloat16_autocast(name: str) -> None:
    """Of four images: of two, a map pooled to a pixel becomes 1 and -1, and rounding decides which is which."""
    decoder, maps = small(name), levels(CNN, 64, 32, batch=4)
    head = Classified(decoder, 3)
    gradients = []
    for enabled in (False, True):
        torch.manual_seed(1)
        head.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
            prediction = head(Features(maps, torch.empty(0), (64, 32)))
        prediction.logits((64, 32)).log_softmax(1)[:, 0].mean().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in head.parameters()]))

    assert gradients[1].isfinite().all()
    assert torch.cosine_similarity(*gradients, dim=0) > 0.9


@pytest.mark.parametrize("backbone", BACKBONES)
def test_channels_last_stays_so_and_changes_no_values(name: str, backbone: str) -> None:
    features = BACKBONES[backbone]
    decoder, maps = small(name, features).eval(), levels(features, 64, 40)
    expected = decoder(maps)
    for module in decoder.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_pre_hook(assert_channels_last)

    y = decoder.to(memory_format=torch.channels_last)([x.to(memory_format=torch.channels_last) for x in maps])

    assert y.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(y, expected, atol=1e-4, rtol=1e-4)


def assert_channels_last(module: nn.Module, inputs: tuple[Tensor]) -> None:
    assert inputs[0].is_contiguous(memory_format=torch.channels_last), module


@pytest.mark.parametrize("backbone", BACKBONES)
def test_state_dict_is_the_whole_state(name: str, backbone: str) -> None:
    features = BACKBONES[backbone]
    source, target = small(name, features), small(name, features)
    source(levels(features, 64, 32))  # moves statistics
    maps = levels(features, 64, 32)

    target.load_state_dict(source.state_dict())

    torch.testing.assert_close(source.eval()(maps), target.eval()(maps))

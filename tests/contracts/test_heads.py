"""What every registered head keeps, among the decoders; a new one is covered by its line in the registry.

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

from segcli.decoders.base import Head
from segcli.decoders.fcn import FCN
from segcli.decoders.segformer import SegFormer
from segcli.decoders.unet import UNet
from segcli.features import Features, FeatureSpec, Mask, TokenParts
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.mask_classification_loss import MaskClassificationLoss
from segcli.prediction import MaskPrediction, Prediction
from segcli.registry import names

SIZE = (64, 96)
CNN = [FeatureSpec(channels, 2**level) for level, channels in enumerate((8, 12, 16, 24, 32), start=1)]
PLAIN_VIT = [FeatureSpec(24, 16)] * 4
BACKBONES = {"cnn": CNN, "plain_vit": PLAIN_VIT}


class StillTail:
    """Two blocks that do nothing, behind a level without prefix tokens."""

    def __init__(self, level: Tensor) -> None:
        self.tokens, self.num_blocks = level.flatten(2).transpose(1, 2), 2
        self.grid = level.shape[-2], level.shape[-1]

    def __call__(self, extra: Tensor | None = None, mask: Mask | None = None) -> Tensor:
        tokens = self.tokens if extra is None else torch.cat([self.tokens, extra], dim=1)
        for block in range(self.num_blocks if mask is not None else 0):
            mask(block, tokens)
        return tokens

    def split(self, tokens: Tensor) -> TokenParts:
        patches, extra = tokens.tensor_split([self.tokens.shape[1]], dim=1)
        return TokenParts(tokens[:, :0], patches.transpose(1, 2).unflatten(2, self.grid), extra)


SMALL: Mapping[str, Mapping[str, object]] = {
    "CGRSeg": {"width": 8, "blocks": 1, "band": 3},
    "DPT": {"channels": [8, 8, 8, 8], "width": 8},
    "DeepSupervision": {"base": partial(UNet, channels=[8] * 7)},
    "EoMT": {"queries": 5},
    "Linear": {"class_token": True},
    "Mask2Former": {"queries": 5, "width": 32, "layers": 3, "pixel_layers": 1},
    "MaskTransformer": {"heads": 2},
    "OCRNet": {"levels": 2, "width": 8, "key_width": 8},
    "PointRend": {"base": partial(FCN, width=8), "points": 16, "refined": 10_000, "width": 8},
    "SimplePyramid": {"base": partial(SegFormer, width=8), "width": 8},
}
"""Arguments with which a head is computed here."""

OF_PYRAMIDS: Mapping[str, Mapping[str, object]] = {
    "DPT": {"readout": "ignore"},
    "DeepSupervision": {"base": partial(UNet, channels=[8] * 5)},
    "Linear": {"class_token": False},
}
"""Further ones on a backbone without prefix tokens."""


def head_class(name: str) -> type[Head]:
    module, _, class_name = names("decoders")[name].partition(":")
    return getattr(importlib.import_module(module), class_name)


OF_EDGES = "EdgeHead"
"""It predicts no classes; see its own test."""


@pytest.fixture(params=[name for name in names("decoders") if issubclass(head_class(name), Head) and name != OF_EDGES])
def name(request: pytest.FixtureRequest) -> str:
    torch.manual_seed(0)
    return request.param


def small(name: str, backbone: str = "plain_vit", outputs: int = 3) -> Head:
    arguments = {**SMALL.get(name, {}), **(OF_PYRAMIDS.get(name, {}) if backbone == "cnn" else {})}
    return head_class(name)(BACKBONES[backbone], outputs, **arguments)


def features(backbone: str = "plain_vit", size: tuple[int, int] = SIZE, batch: int = 2) -> Features:
    specs, image = BACKBONES[backbone], torch.randn(batch, 3, *size)
    levels = [torch.randn(batch, f.channels, *(math.ceil(side / f.stride) for side in size)) for f in specs]
    prefix = [torch.randn(batch, 2, f.channels) for f in specs] if backbone == "plain_vit" else None
    return Features(levels, image, size, prefix, StillTail(levels[-1]))


def of_levels(given: Features, levels: Sequence[Tensor]) -> Features:
    return given._replace(levels=list(levels), tail=StillTail(levels[-1]))


def loss(prediction: Prediction, mask: Tensor) -> Tensor:
    """Of a criterion that such a prediction is compared by, extra ones included."""
    is_dense = not isinstance(prediction, MaskPrediction)
    criterion = DenseCriterion(CrossEntropyLoss(), 0.4) if is_dense else MaskClassificationLoss(points=64)
    return criterion.combine(criterion.values(criterion.sums(prediction, mask)))


def random_mask(prediction: Prediction, size: tuple[int, int] = SIZE) -> Tensor:
    """Labels of every pixel, some of them ignored."""
    images = len(prediction.logits(size))
    mask = torch.randint(max(2, prediction.num_outputs), (images, *size), dtype=torch.uint8)
    mask[:, :5] = 255
    return mask


def test_the_tables_hold_heads_and_their_arguments() -> None:
    for name, entry in [*SMALL.items(), *OF_PYRAMIDS.items()]:
        assert issubclass(head_class(name), Head)
        assert set(entry) <= set(inspect.signature(head_class(name)).parameters), name


@torch.no_grad()
@pytest.mark.parametrize(("backbone", "outputs"), [("cnn", 2), ("plain_vit", 1), ("plain_vit", 150)])
@pytest.mark.parametrize("size", [(64, 32), (48, 16), (16, 16)])
def test_there_are_logits_of_every_pixel(name: str, backbone: str, outputs: int, size: tuple[int, int]) -> None:
    head = small(name, backbone, outputs)
    for training in (True, False):
        prediction = head.train(training)(features(backbone, size))
        cropped = size[0] - 5, size[1] - 7
        for each in (prediction, *prediction.extra):
            assert each.num_outputs == outputs
            assert each.logits(cropped).shape == (2, outputs, *cropped)
            assert each.logits(cropped).dtype == torch.float32
            assert each.logits(cropped).isfinite().all()
    assert not prediction.extra


def test_runs_with_its_defaults(name: str) -> None:
    """On the meta device, which does not compute; so do its sizes in ``segcli check --build``."""
    with torch.device("meta"):
        head = head_class(name)(PLAIN_VIT, 3, **_required(name)).eval()

        assert head(features()).logits(SIZE).shape == (2, 3, *SIZE)


def _required(name: str) -> Mapping[str, object]:
    parameters = inspect.signature(head_class(name)).parameters
    return {k: v for k, v in SMALL.get(name, {}).items() if parameters[k].default is inspect.Parameter.empty}


def test_no_levels_are_an_error(name: str) -> None:
    with pytest.raises(ValueError, match=r"got 0 feature levels, expected at least \d; check"):
        head_class(name)([], 3, **_required(name))


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("outputs", [1, 3])
def test_gradient_reaches_every_parameter_and_the_deepest_level(name: str, backbone: str, outputs: int) -> None:
    head, given = small(name, backbone, outputs), features(backbone)
    given = of_levels(given, [level.requires_grad_() for level in given.levels])

    for parameter in head.parameters():  # what starts at zero may keep others from having a gradient at first
        if not parameter.any():
            nn.init.normal_(parameter)

    prediction = head(given)
    loss(prediction, random_mask(prediction)).backward()

    for part, parameter in head.named_parameters():
        assert parameter.grad is not None, part
        assert parameter.grad.abs().sum() > 0, part
    assert given.levels[-1].grad is not None


@pytest.mark.parametrize("side", [32, 16])
def test_one_image_is_enough_to_train_and_to_evaluate(name: str, side: int) -> None:
    head, given = small(name), features(size=(side, side), batch=1)

    prediction = head(given)
    loss(prediction, random_mask(prediction, (side, side))).backward()

    assert prediction.logits((side, side)).isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in head.parameters())
    assert head.eval()(given).logits((side, side)).isfinite().all()


def test_two_evaluations_are_equal(name: str) -> None:
    head, given = small(name).eval(), features()

    torch.testing.assert_close(head(given).logits(SIZE), head(given).logits(SIZE), atol=0, rtol=0)


def test_ignored_pixels_have_no_gradient(name: str) -> None:
    prediction = small(name)(features())
    found = [tensor for each in (prediction, *prediction.extra) for tensor in vars(each).values() if is_logits(tensor)]
    for logits in found:
        logits.retain_grad()

    loss(prediction, torch.full((2, *SIZE), 255, dtype=torch.uint8)).backward()

    assert found
    assert all((logits.grad == 0).all() for logits in found)


def is_logits(value: object) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def test_leaves_its_input_alone(name: str) -> None:
    given = features()
    before = [x.clone() for x in (*given.levels, given.image, *given.prefix)]

    small(name)(given)

    torch.testing.assert_close([*given.levels, given.image, *given.prefix], before, atol=0, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("backbone", BACKBONES)
def test_runs_in_bfloat16_through_and_through(name: str, backbone: str) -> None:
    head, given = small(name, backbone).bfloat16(), features(backbone, (96, 128))
    prefix = None if given.prefix is None else [x.bfloat16() for x in given.prefix]
    given = of_levels(given, [x.bfloat16() for x in given.levels])._replace(prefix=prefix)
    for training in (True, False):
        prediction = head.train(training)(given)
        for each in (prediction, *prediction.extra):
            assert each.logits((96, 128)).isfinite().all()


def test_runs_in_bfloat16_autocast(name: str) -> None:
    head, given = small(name).eval(), features()

    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = head(given).logits(SIZE)

    expected = head(given).logits(SIZE)
    assert (low - expected).norm() < 0.02 * expected.norm()


def test_trains_in_bfloat16_autocast(name: str) -> None:
    head, given = small(name), features()
    mask = random_mask(head(given))
    gradients = []
    for enabled in (False, True):
        torch.manual_seed(1)
        head.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
            prediction = head(given)
        loss(prediction, mask).backward()
        gradients.append(torch.cat([p.grad.flatten() for p in head.parameters()]))

    assert gradients[1].isfinite().all()
    assert torch.cosine_similarity(*gradients, dim=0) > 0.9


@pytest.mark.parametrize("backbone", BACKBONES)
def test_channels_last_changes_no_values(name: str, backbone: str) -> None:
    head, given = small(name, backbone).eval(), features(backbone)
    expected = head(given).logits(SIZE)
    nhwc = of_levels(given, [x.to(memory_format=torch.channels_last) for x in given.levels])
    for module in head.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_pre_hook(assert_channels_last)

    found = head.to(memory_format=torch.channels_last)(nhwc).logits(SIZE)

    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def assert_channels_last(module: nn.Module, inputs: tuple[Tensor]) -> None:
    assert inputs[0].is_contiguous(memory_format=torch.channels_last), module


@pytest.mark.parametrize("backbone", BACKBONES)
def test_state_dict_is_the_whole_state(name: str, backbone: str) -> None:
    source, target, given = small(name, backbone), small(name, backbone), features(backbone)
    source(features(backbone))  # moves statistics

    target.load_state_dict(source.state_dict())

    torch.testing.assert_close(source.eval()(given).logits(SIZE), target.eval()(given).logits(SIZE))

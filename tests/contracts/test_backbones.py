"""What every registered backbone keeps; a new one needs a line in ``CASES`` only where its defaults are too large."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest
import torch

from segcli.backbones.base import Backbone
from segcli.registry import names

CASES: dict[str, list[dict[str, Any]]] = {
    "TimmBackbone": [
        {"name": "test_resnet", "pretrained": False},
        {"name": "test_vit", "pretrained": False},
        {"name": "test_mambaout", "pretrained": False, "out_indices": [0, 2]},
    ]
}
Build = Callable[[], Backbone]


@pytest.fixture(params=[(name, case) for name in names("backbones") for case in CASES.get(name, [{}])], ids=str)
def build(request: pytest.FixtureRequest) -> Build:
    name, arguments = request.param
    module, _, cls = names("backbones")[name].partition(":")
    return lambda: getattr(importlib.import_module(module), cls)(**arguments)


@pytest.mark.parametrize("multiples", [(1, 2), (3, 5)])
def test_levels_are_what_features_says(build: Build, multiples: tuple[int, int]) -> None:
    backbone = build().eval()
    height, width = (backbone.size_multiple * m for m in multiples)

    levels = backbone(torch.randn(2, backbone.in_channels, height, width))

    assert isinstance(levels, list)
    assert [x.shape for x in levels] == [
        (2, f.channels, height // f.stride, width // f.stride) for f in backbone.features
    ]


def test_features_go_from_fine_to_coarse_and_divide_the_size(build: Build) -> None:
    backbone = build()
    strides = [f.stride for f in backbone.features]

    assert strides == sorted(strides)
    assert all(backbone.size_multiple % stride == 0 for stride in strides)


def test_normalisation_has_one_value_per_channel(build: Build) -> None:
    backbone = build()

    assert len(backbone.mean) == len(backbone.std) == backbone.in_channels
    assert all(0 <= m <= 1 for m in backbone.mean)
    assert all(s > 0 for s in backbone.std)


def test_gradient_reaches_the_parameters_and_the_image(build: Build) -> None:
    backbone = build()
    image = torch.randn(2, backbone.in_channels, 2 * backbone.size_multiple, 2 * backbone.size_multiple)

    sum(x.square().mean() for x in backbone(image.requires_grad_())).backward()

    without = [name for name, parameter in backbone.named_parameters() if parameter.grad is None]
    assert without == []  # a parameter without would need find_unused_parameters on several devices
    assert image.grad is not None
    assert image.grad.abs().sum() > 0


def test_runs_in_bfloat16_autocast(build: Build) -> None:
    backbone = build().eval()
    image = torch.randn(2, backbone.in_channels, 2 * backbone.size_multiple, backbone.size_multiple)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = backbone(image)

    assert all(x.float().isfinite().all() for x in low)
    assert [x.shape for x in low] == [x.shape for x in backbone(image)]


def test_state_dict_is_the_whole_state(build: Build) -> None:
    source, target = build(), build()
    image = torch.randn(2, source.in_channels, 2 * source.size_multiple, source.size_multiple)
    source(image)  # moves statistics

    target.load_state_dict(source.state_dict())

    torch.testing.assert_close(target.eval()(image), source.eval()(image))

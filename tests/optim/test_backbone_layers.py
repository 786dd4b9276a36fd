from functools import partial

import pytest
import torch
from timm.models import group_parameters
from torch import nn

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.optim.backbone_layers import backbone_layers, layers_refusal
from segcli.optim.freezing import Freezing
from segcli.optim.parameter_groups import ParameterGroups
from segcli.optim.sgd import SGD

NAMES = ["test_resnet", "test_convnext", "test_vit", "test_efficientnet", "hrnet_w18_small", "pvt_v2_b0"]


def _backbone(name: str) -> TimmBackbone:
    with torch.device("meta"):
        return TimmBackbone(name, pretrained=False)


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_in_the_layer_that_timm_says(name: str, coarse: bool) -> None:
    backbone = _backbone(name)
    matcher = backbone.model.group_matcher(coarse=coarse)  # type: ignore[operator]
    expected = group_parameters(backbone.model, matcher, reverse=True)

    layers = backbone_layers(backbone, coarse)

    found = {key: depth for depth, layer in enumerate(layers) for key in layer}
    assert found == {f"model.{key}": depth for key, depth in expected.items()}
    own = dict(backbone.named_parameters())
    assert all(own[key] is parameter for layer in layers for key, parameter in layer.items())
    assert all(layers)


def test_stages_are_fewer_than_layers_and_begin_with_the_stem() -> None:
    backbone = _backbone("resnet18")
    stages, layers = backbone_layers(backbone, coarse=True), backbone_layers(backbone)
    assert (len(stages), len(layers)) == (5, 9)
    assert list(stages[0]) == ["model.conv1.weight", "model.bn1.weight", "model.bn1.bias"]


def test_a_model_of_timm_may_stand_alone() -> None:
    model = _backbone("test_resnet").model
    assert [len(layer) for layer in backbone_layers(model)] == [
        len(layer) for layer in backbone_layers(_backbone("test_resnet"))
    ]


def test_what_a_backbone_has_beside_counts_with_the_last_layer() -> None:
    backbone = _backbone("test_resnet")
    backbone.register_module("adapter", nn.Linear(2, 2))
    assert {"adapter.weight", "adapter.bias"} <= backbone_layers(backbone, coarse=True)[-1].keys()


@pytest.mark.parametrize("coarse", [False, True])
def test_layers_are_the_same_with_and_without_the_final_norm(coarse: bool) -> None:
    with torch.device("meta"):
        normed = TimmBackbone("test_vit", pretrained=False, normalise=True)
    layers, plain = backbone_layers(normed, coarse), backbone_layers(_backbone("test_vit"), coarse)
    norm = {"model.norm.weight", "model.norm.bias"}
    assert [set(layer) - norm for layer in layers] == [set(layer) for layer in plain]
    assert norm <= layers[-1].keys()


def test_other_backbones_have_none() -> None:
    assert backbone_layers(nn.Conv2d(3, 4, 1)) == []


@pytest.mark.parametrize("name", ["poolformerv2_s12", "csatv2"])
def test_a_model_of_timm_that_tells_no_layers_is_named(name: str) -> None:
    backbone = _backbone(name)

    assert backbone_layers(backbone) == []
    assert layers_refusal(backbone).startswith(f"{name}, which does not tell its layers")
    with pytest.raises(ValueError, match=rf"thaw_epochs with {name}, .* set model.freezing.thaw_epochs to one number"):
        Freezing([1, 2]).prepare(backbone)
    with pytest.raises(ValueError, match=rf"layer_decay with {name}, .*backbone_lr_factor"):
        ParameterGroups(layer_decay=0.8).optimizer(partial(SGD, lr=0.1), backbone, backbone)
    Freezing(1).prepare(backbone)
    model = nn.ModuleList([backbone, nn.Linear(2, 2, device="meta")])
    groups = ParameterGroups(backbone_lr_factor=0.1).optimizer(partial(SGD, lr=0.1), model, backbone).param_groups
    assert len(groups) == 2

import pytest
import torch
from timm.models import group_parameters
from torch import nn

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.optim.backbone_layers import backbone_layers

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


def test_other_backbones_have_none() -> None:
    assert backbone_layers(nn.Conv2d(3, 4, 1)) == []

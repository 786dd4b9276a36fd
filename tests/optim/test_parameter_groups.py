from typing import Any

import pytest
import timm.optim
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.optim.adamw import AdamW
from segcli.optim.parameter_groups import ParameterGroups
from segcli.optim.poly import Poly

BACKBONES = [
    *("test_resnet", "test_convnext", "test_vit", "test_efficientnet", "test_mambaout"),
    *("swin_tiny_patch4_window7_224", "hrnet_w18_small", "pvt_v2_b0", "vit_small_patch16_dinov3"),
]
SETTINGS: list[dict[str, Any]] = [
    {},
    {"backbone_lr_factor": 0.1},
    {"decay_norms_and_biases": False},
    {"backbone_lr_factor": 0.5, "layer_decay": 0.7, "decay_norms_and_biases": False},
]


class Model(nn.Module):
    """A backbone that weighs nothing, and a decoder."""

    def __init__(self, name: str, frozen: bool = False) -> None:
        super().__init__()
        with torch.device("meta"):
            self.backbone: nn.Module = TimmBackbone(name, pretrained=False, frozen=frozen)
            self.decoder = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))

    def optimizer(self, **settings: Any) -> Optimizer:  # noqa: ANN401
        return ParameterGroups(**settings).optimizer(
            lambda params: AdamW(params, lr=1.0, weight_decay=0.2), self, self.backbone
        )

    def names(self, group: dict[str, Any]) -> list[str]:
        names = {id(parameter): name for name, parameter in self.named_parameters()}
        return [names[id(parameter)] for parameter in group["params"]]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("name", BACKBONES)
def test_every_parameter_that_is_trained_is_in_one_group(name: str, settings: dict[str, Any]) -> None:
    model = Model(name)
    next(model.decoder.parameters()).requires_grad_(False)
    next(model.backbone.parameters()).requires_grad_(False)

    groups = model.optimizer(**settings).param_groups

    found = [parameter for group in groups for parameter in model.names(group)]
    assert sorted(found) == sorted(name for name, p in model.named_parameters() if p.requires_grad)
    assert len({group["name"] for group in groups}) == len(groups)


def test_by_default_all_are_one_group_in_the_order_of_the_model() -> None:
    model = Model("test_resnet")

    (group,) = model.optimizer().param_groups

    assert model.names(group) == [name for name, _ in model.named_parameters()]
    assert (group["name"], group["lr"], group["weight_decay"]) == ("all", 1.0, 0.2)


def test_the_backbone_has_its_factor_and_the_decoder_comes_first() -> None:
    model = Model("test_resnet")

    groups = model.optimizer(backbone_lr_factor=0.1).param_groups

    assert [(group["name"], group["lr"]) for group in groups] == [("decoder", 1.0), ("backbone", 0.1)]
    assert all(name.startswith("decoder") for name in model.names(groups[0]))


@pytest.mark.parametrize("name", ["resnet18", "test_convnext", "test_vit", "vit_small_patch16_dinov3"])
def test_layers_decay_as_in_timm(name: str) -> None:
    model = Model(name)
    with torch.device("meta"):
        whole = timm.create_model(name, num_classes=2)  # DINOv3 comes without a classifier
    parameters = {id(parameter): key for key, parameter in whole.named_parameters()}
    scales = {
        parameters[id(parameter)]: group["lr_scale"]
        for group in timm.optim.param_groups_layer_decay(whole, layer_decay=0.7)
        for parameter in group["params"]
    }

    groups = model.optimizer(layer_decay=0.7).param_groups

    prefix = "backbone.model."
    found = {key: group["lr"] for group in groups for key in model.names(group) if key.startswith(prefix)}
    assert found == pytest.approx({key: scales[key.removeprefix(prefix)] for key in found})
    assert len(set(found.values())) > 5
    assert groups[0]["lr"] == 1.0


def test_factor_and_layer_decay_multiply() -> None:
    lrs = {
        g["name"]: g["lr"] for g in Model("test_resnet").optimizer(backbone_lr_factor=0.5, layer_decay=0.8).param_groups
    }

    assert lrs["backbone/layer_4"] == pytest.approx(0.5 * 0.8)
    assert lrs["backbone/layer_0"] == pytest.approx(0.5 * 0.8**5)


@pytest.mark.parametrize("name", ["test_resnet", "test_convnext", "test_vit", "swin_tiny_patch4_window7_224"])
def test_norms_biases_and_positions_are_not_decayed(name: str) -> None:
    model = Model(name)

    decayed, kept = model.optimizer(decay_norms_and_biases=False).param_groups

    if "weight" not in model.names(decayed)[-1]:
        decayed, kept = kept, decayed
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.2, 0)
    assert (decayed["name"], kept["name"]) == ("all", "all/no_decay")
    assert all(parameter.ndim > 1 for parameter in decayed["params"])
    excepted = [key for key, p in zip(model.names(kept), kept["params"], strict=True) if p.ndim > 1]
    assert all(key.endswith(("pos_embed", "cls_token", "reg_token", "bias_table")) for key in excepted)
    assert bool(excepted) == (name in {"test_vit", "swin_tiny_patch4_window7_224"})


def test_a_bias_of_any_shape_is_not_decayed() -> None:
    model = Model("test_resnet")
    model.decoder.register_parameter("bias", nn.Parameter(torch.zeros(4, 1, 1)))

    (kept,) = (g for g in model.optimizer(decay_norms_and_biases=False).param_groups if g["name"] == "all/no_decay")

    assert "decoder.bias" in model.names(kept)


def test_what_a_backbone_has_beside_timms_model_counts_with_its_last_layer() -> None:
    model = Model("test_resnet")
    model.backbone.register_module("adapter", nn.Linear(2, 2))

    groups = {group["name"]: group for group in model.optimizer(layer_decay=0.5).param_groups}

    assert {"backbone.adapter.weight", "backbone.adapter.bias"} <= set(model.names(groups["backbone/layer_4"]))


def test_a_frozen_backbone_has_no_group() -> None:
    groups = Model("test_vit", frozen=True).optimizer(layer_decay=0.5).param_groups

    assert [group["name"] for group in groups] == ["decoder"]


def test_schedules_multiply_the_rate_of_each_group() -> None:
    optimizer = Model("test_resnet").optimizer(backbone_lr_factor=0.1)
    schedule = Poly(optimizer, 4, power=1.0)

    assert schedule.lr_at(1) == pytest.approx([0.75, 0.075])


class Plain(nn.Module):
    """A backbone that knows nothing of timm."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, image: Tensor) -> Tensor:
        return self.conv(image)


def test_a_backbone_without_layers_is_an_error_only_for_their_decay() -> None:
    model = Model("test_resnet")
    model.backbone = Plain()

    assert len(model.optimizer(backbone_lr_factor=0.1).param_groups) == 2
    with pytest.raises(
        ValueError, match=r"layer_decay with Plain, which does not tell its layers .*layer_decay to null"
    ):
        model.optimizer(layer_decay=0.5)


def test_an_optimizer_that_chooses_its_own_rate_takes_no_factor() -> None:
    model = Model("test_resnet")

    ParameterGroups().optimizer(timm.optim.Adafactor, model, model.backbone)
    with pytest.raises(ValueError, match=r"Adafactor with lr null, .* set model\.optimizer\.lr"):
        ParameterGroups(backbone_lr_factor=0.5).optimizer(timm.optim.Adafactor, model, model.backbone)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"backbone_lr_factor": 0}, "backbone_lr_factor 0, expected a number above 0; .* freeze it"),
        ({"layer_decay": 0.0}, "layer_decay 0.0, expected above 0 and up to 1"),
        ({"layer_decay": 1.1}, "layer_decay 1.1, expected"),
    ],
)
def test_numbers_out_of_range_are_errors(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"ParameterGroups got {message}"):
        ParameterGroups(**settings)

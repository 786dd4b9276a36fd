import re
from pathlib import Path

import pytest
import torch

from segcli.backbones.timm_model import prune, sketch
from segcli.backbones.timm_sizes import intermediates


def test_a_sketch_takes_no_memory_and_any_size_where_it_can() -> None:
    swin = sketch("swin_tiny_patch4_window7_224", {"in_chans": 4})
    resnet = sketch("test_resnet", {})

    assert all(parameter.is_meta for parameter in swin.model.parameters())
    assert swin.options["strict_img_size"] is False
    assert resnet.options == {}
    assert [tuple(level) for level in resnet.levels] == [(32, 2), (32, 4), (48, 8), (192, 16), (96, 32)]


def test_what_the_user_says_of_sizes_goes_first() -> None:
    assert sketch("test_vit", {"dynamic_img_size": False}).options["dynamic_img_size"] is False


def test_pruned_models_keep_what_their_levels_need_and_nothing_else() -> None:
    model = sketch("test_vit", {}).model
    count = len(list(model.parameters()))

    prune(model, [0, 1])

    assert len(list(model.parameters())) < count
    image = torch.empty(1, 3, 32, 48, device="meta")
    assert [tuple(x.shape) for x in intermediates(model, image, [0, 1])] == [(1, 64, 2, 3)] * 2


def test_an_unknown_argument_is_named_by_its_key() -> None:
    with pytest.raises(
        ValueError, match=r"got backbone_kwargs.depthh 3 for test_vit, which has no such argument; remove"
    ):
        sketch("test_vit", {"in_chans": 3, "depthh": 3})


def test_a_value_that_does_not_fit_is_named_by_its_key() -> None:
    with pytest.raises(ValueError, match=r"backbone_kwargs.embed_dim 7 for test_vit, which does not take it: \w+"):
        sketch("test_vit", {"in_chans": 3, "embed_dim": 7})


def test_a_model_without_levels_is_refused() -> None:
    with pytest.raises(ValueError, match="tells no levels of features"):
        sketch("test_vit", {"depth": 0})


@pytest.mark.parametrize(
    "name", ["hrnet_w18_small", "vgg11_bn", "swin_tiny_patch4_window7_224", "mobilenetv3_small_050"]
)
def test_strides_that_cannot_change_are_told(name: str) -> None:
    with pytest.raises(ValueError, match=rf"output_stride 16 for {name}, whose strides [\d, ]*32 cannot") as caught:
        sketch(name, {"in_chans": 3, "output_stride": 16})
    others = re.findall(r"resnet50|convnext_tiny|regnety_008", str(caught.value))
    assert len(others) == 3
    assert not [word for word in ("AssertionError", "__init__", "in_chans") if word in str(caught.value)]


@pytest.mark.parametrize("name", ["resnet50", "convnext_tiny", "regnety_008"])
@pytest.mark.parametrize("stride", [8, 16])
def test_models_that_the_message_names_do_dilate(name: str, stride: int) -> None:
    assert max(level.stride for level in sketch(name, {"output_stride": stride}).levels) == stride


def test_strides_that_a_model_can_have_are_named() -> None:
    with pytest.raises(ValueError, match="cannot be changed to that; set it to 8 or 16, or remove"):
        sketch("test_resnet", {"output_stride": 5})


def test_a_stride_that_a_model_has_anyway_changes_nothing() -> None:
    assert "output_stride" not in sketch("swin_tiny_patch4_window7_224", {"output_stride": 32}).options


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ResNet-18", "did you mean resnet18"),
        ("timm/resnet18", "did you mean resnet18"),
        ("bert-base-uncased", r"timm.list_models\(\)"),
        ("resnet18.nope", "no weights with the tag 'nope', only a1_in1k, "),
        ("xx:resnet18", "Unknown model source 'xx'"),
    ],
)
def test_an_unknown_name_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match=rf"TimmBackbone got name '{name}'.*{hint}"):
        sketch(name, {})


def test_a_description_that_is_not_timms(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["BertModel"]}')
    with pytest.raises(ValueError, match=r"config.json is not timm's: it has no 'architecture'"):
        sketch(f"local-dir:{tmp_path}", {})

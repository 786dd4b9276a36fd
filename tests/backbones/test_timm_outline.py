import pytest
import timm
import torch

from segcli.backbones import timm_outline
from segcli.backbones.timm_backbone import TimmBackbone
from segcli.backbones.timm_outline import Outline
from segcli.backbones.timm_sizes import NeedsValuesError, Sizes

OPTIONS = {"in_chans": 3}
NAME = "test_resnet.r160_in1k"


def test_a_model_is_tried_out_once_and_built_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    create = timm.create_model

    def counted(name: str, **options: object) -> torch.nn.Module:
        built.append(torch.get_default_device().type)
        return create(name, **options)

    monkeypatch.setattr(timm_outline, "_FOUND", {})
    monkeypatch.setattr(timm, "create_model", counted)
    first = TimmBackbone(NAME, pretrained=False)
    assert built == ["meta", "meta", "cpu"]
    second = TimmBackbone(NAME, pretrained=False)
    assert built == ["meta", "meta", "cpu", "cpu"]
    assert second.features == first.features
    assert second.size_multiple == first.size_multiple
    assert TimmBackbone(NAME, pretrained=False, in_channels=1).features == first.features
    assert built[4:] == ["meta", "meta", "cpu"]


def test_what_may_change_or_takes_random_numbers_is_tried_out_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timm_outline, "_FOUND", {})
    Outline.of(NAME, {**OPTIONS, "act_layer": torch.nn.ReLU}, None)  # not to be compared

    def of_values(model: torch.nn.Module, *_: object) -> Sizes:
        if next(model.parameters()).is_meta:
            raise NeedsValuesError
        return Sizes(32, None)

    monkeypatch.setattr(timm_outline, "sizes", of_values)
    assert Outline.of(NAME, OPTIONS, None).needs_values
    assert timm_outline._FOUND == {}


def test_trying_out_takes_no_random_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timm_outline, "_FOUND", {})
    before = torch.get_rng_state()
    outline = Outline.of("test_vit", OPTIONS, None)
    assert torch.equal(before, torch.get_rng_state())
    assert set(outline.copy().state_dict()) == outline.weights
    assert next(outline.copy().parameters()).is_meta


def test_levels_that_are_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match=r"out_indices \[9\], expected rising numbers from 0 to 4 \(strides 2, 4, 8"):
        Outline.of(NAME, OPTIONS, [9])

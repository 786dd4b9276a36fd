from pathlib import Path

import pytest

from segcli.config.files import Files
from segcli.config.library import Library, UnknownClassError, installed
from segcli.registry import FAMILIES


@pytest.mark.parametrize(
    ("annotation", "family"),
    [
        ("DecoderFactory", "decoders"),
        ("list[Loss]", "losses"),
        ("Optional[Union[list[Callback], Callback]]", "callbacks"),
        ("list[A.BasicTransform | A.BaseCompose] | None", "transforms"),
        ("ScheduleFactory | None", "schedules"),
    ],
)
def test_an_annotation_names_its_family(annotation: str, family: str) -> None:
    assert installed().family_of(annotation) is FAMILIES[family]


def test_plain_types_have_no_family() -> None:
    assert installed().family_of("int | None") is None


def test_places_follow_signatures_down_the_tree() -> None:
    assert installed().root.child("data").family is FAMILIES["datamodules"]
    assert installed().root.child("model").child("decoder").family is FAMILIES["decoders"]
    assert installed().root.child("trainer").child("max_epochs").family is None


@pytest.mark.parametrize(
    ("name", "family", "path"),
    [
        ("FPN", "decoders", "segcli.decoders.fpn.FPN"),
        ("HorizontalFlip", "transforms", "albumentations.HorizontalFlip"),
        ("RandomScaledCrop", "transforms", "segcli.transforms.random_scaled_crop.RandomScaledCrop"),
        ("EarlyStopping", "callbacks", "pytorch_lightning.callbacks.EarlyStopping"),
        ("torch.optim:SGD", "optimizers", "torch.optim.SGD"),
    ],
)
def test_names_become_paths(name: str, family: str, path: str) -> None:
    assert installed().class_path(name, FAMILIES[family]) == path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("FPM", "unknown name 'FPM' among decoders"),
        ("DiceLoss", "DiceLoss is one of the losses, not of the decoders"),
        ("no_such_module.Decoder", "no module 'no_such_module'"),
        ("segcli.decoders.fpn.FPNN", r"module segcli.decoders.fpn has no class 'FPNN' \(did you mean 'FPN'\?\)"),
    ],
)
def test_a_wrong_name_is_explained(name: str, message: str) -> None:
    with pytest.raises(UnknownClassError, match=message):
        installed().class_path(name, FAMILIES["decoders"])


def test_a_module_in_the_working_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parts_of_a_folder.py").write_text(
        "class MyDecoder:\n    def __init__(self, features, width: int = 3): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    library = Library(Files())
    assert library.class_path("parts_of_a_folder.MyDecoder", FAMILIES["decoders"]) == "parts_of_a_folder.MyDecoder"
    _, parameters = library.accepted("parts_of_a_folder.MyDecoder", FAMILIES["decoders"])
    assert list(parameters) == ["width"]


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("resnet50", "TimmBackbone"),
        ("resnet50.a1_in1k", "TimmBackbone"),
        ("hf-hub:timm/resnet50.a1_in1k", "TimmBackbone"),
        ("TimmBackbone", ""),
        ("resnet5O", ""),
        ("segcli.backbones.timm_backbone.TimmBackbone", ""),
        ("resnet50", ""),
    ],
)
def test_a_model_of_timm_stands_for_the_class_that_takes_it(name: str, cls: str) -> None:
    family = FAMILIES["decoders" if (name, cls) == ("resnet50", "") else "backbones"]
    assert installed().timm_class(name, family) == cls


def test_a_class_in_a_module_called_like_a_model_of_timm_stays_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "resnet50.py").write_text("class Net: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    library = Library(Files())
    assert library.timm_class("resnet50.Net", FAMILIES["backbones"]) == ""
    assert library.class_path("resnet50.Net", FAMILIES["backbones"]) == "resnet50.Net"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet5O", r"unknown name 'resnet5O' among backbones \(did you mean 'resnet50'\?\)"),
        ("TimBackbone", r"unknown name 'TimBackbone' among backbones \(did you mean 'TimmBackbone'\?\)"),
        ("resnet5O.a1_in1k", r"no module 'resnet5O' .* \(did you mean 'resnet50'\?\)"),
        ("resnet50", "resnet50 is a model of timm, no class; write name: resnet50"),
    ],
)
def test_a_wrong_backbone_is_explained(name: str, message: str) -> None:
    with pytest.raises(UnknownClassError, match=message):
        installed().class_path(name, FAMILIES["backbones"])

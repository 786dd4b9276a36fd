import json

import pytest

from segcli.cli.backbone_page import model_named
from segcli.cli.main import main
from segcli.config.catalogue import timm_models

Capture = pytest.CaptureFixture[str]


def page(capsys: Capture, *words: str) -> str:
    assert main(["list", "backbones", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("resnet50", "resnet50"),
        ("ResNet50.a1_in1k", "resnet50"),
        ("resnet50.b", None),
        ("resnet50*", None),
        ("resnet5", None),
    ],
)
def test_a_name_in_full_is_one_model(pattern: str, name: str | None) -> None:
    found = model_named(pattern, timm_models("resnet50"))
    assert (found and found.name) == name


def test_a_model_tells_what_it_is(capsys: Capture) -> None:
    lines = page(capsys, "resnet18.a1_in1k").splitlines()
    assert lines[0] == "resnet18   from timm (ResNet), 11,176,512 parameters without its classifier"
    cells = [line.split() for line in lines]
    assert ["images", "any", "size,", "padded", "to", "multiples", "of", "32", "px"] in cells
    assert ["output_stride", "8,", "16", "or", "32,", "its", "own"] in cells
    assert ["0", "2", "64"] in cells
    assert ["0", "9,536", "conv1", "bn1"] in cells
    assert lines[-1] == "In an experiment:  model: {backbone: resnet18.a1_in1k}"


def test_a_transformer_tells_of_its_tokens(capsys: Capture) -> None:
    text = page(capsys, "test_vit")
    assert "prefix tokens  1 with each level" in text
    assert "tail_blocks    offered" in text
    assert "  6      41,728      blocks.5" in text


def test_a_model_for_one_size_tells_it(capsys: Capture) -> None:
    assert "224x224 px only; for another set backbone_kwargs: {img_size: [H, W]}" in page(
        capsys, "beit_base_patch16_224"
    )


def test_programs_read_the_same(capsys: Capture) -> None:
    (found,) = json.loads(page(capsys, "resnet18", "--format", "json"))
    assert found["name"] == "resnet18"
    assert found["facts"]["levels"][-1] == {"index": 4, "stride": 32, "channels": 512}
    assert "a1_in1k" in found["facts"]["tags"]


def test_it_is_a_table_in_markdown(capsys: Capture) -> None:
    assert "| images | any size, padded to multiples of 16 px |" in page(capsys, "test_vit", "--format", "markdown")


def test_a_model_that_can_be_no_backbone_says_why(capsys: Capture) -> None:
    assert main(["list", "backbones", "inception_v3"]) == 2
    assert "whose levels do not lie on the image as their strides say" in capsys.readouterr().err

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from segcli.config.compose import compose
from segcli.experiment.meta_build import ModelCost, measure_model
from segcli.experiment.parts import PartError, part
from segcli.task import SegmentationTask

LIAR = """
from segcli.decoders.base import Decoder
from torch import nn

class Liar(Decoder):
    def __init__(self, features):
        super().__init__()
        self.out_channels, self.out_stride = 64, 4
        self.conv = nn.Conv2d(features[0].channels, 32, 1)

    def forward(self, features):
        return self.conv(features[0])
"""
PEEKS = (
    LIAR.replace("Liar", "Peeks")
    .replace(", 32, 1)", ", 64, 1)")
    .replace(
        "return self.conv(features[0])", "return self.conv(features[0]) * (1 if features[0].sum().item() > 0 else 2)"
    )
)


def _tree(file: Path, *overrides: str) -> dict[str, Any]:
    return compose([file], overrides).expanded()


@pytest.fixture
def modules(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tiny.parent / "liar_decoder.py").write_text(LIAR)
    (tiny.parent / "peeking_decoder.py").write_text(PEEKS)
    monkeypatch.syspath_prepend(tiny.parent)


def test_what_is_counted_is_what_is_trained(tiny: Path) -> None:
    tree = _tree(tiny)
    cost = measure_model(tree)
    names = ("backbone", "decoder", "loss", "optimizer")
    task = SegmentationTask(*(part(tree, f"model.{name}") for name in names), classes=["a", "b", "c", "d"])
    task.configure_model()
    assert task.segmenter is not None
    assert cost.parameters == sum(p.numel() for p in task.segmenter.parameters())
    assert cost.input_shape == (8, 3, 32, 32)
    assert json.loads(json.dumps(dataclasses.asdict(cost)))["flops"] == cost.flops > 0


def test_flops_grow_with_batch_and_area(tiny: Path) -> None:
    small, batch, area = (
        measure_model(_tree(tiny, *words)).flops
        for words in ([], ["--data.batch_size", "16"], ["--data.image_size", "64"])
    )
    assert batch == 2 * small
    assert area == 4 * small


def test_a_cost_reads_as_one_line() -> None:
    cost = ModelCost(26_117_323, 124_663_103_488, (8, 3, 256, 256))
    assert str(cost) == "26.1 M parameters, 124.7 GFLOPs at 8x3x256x256"


@pytest.mark.parametrize(
    ("data", "size"),
    [
        ({"train_transforms": [{"class_path": "RandomScaledCrop", "size": 96}, "HorizontalFlip"]}, (96, 96)),
        ({"train_transforms": [{"class_path": "RandomCrop", "height": 64, "width": 128}]}, (64, 128)),
        (
            {
                "train_transforms": [
                    {"class_path": "Resize", "height": 200, "width": 200},
                    {"class_path": "RandomScaledCrop", "size": [64, 96]},
                ]
            },
            (64, 96),
        ),
        ({"train_transforms": ["HorizontalFlip"]}, (360, 480)),
    ],
    ids=["square", "height and width", "the last one", "CamVid's own"],
)
def test_the_shape_is_that_of_training(tiny: Path, data: dict[str, Any], size: tuple[int, int]) -> None:
    text = json.dumps({"class_path": "CamVidDataModule", "root": "nowhere", "batch_size": 2, **data})
    cost = measure_model(_tree(tiny, "--data", text))
    assert cost.input_shape == (2, 3, *size)
    assert bool(cost.notes) == (size == (360, 480))


def test_folders_without_a_crop_are_assumed_to_hold_squares_of_256(tiny: Path) -> None:
    text = "{class_path: FolderDataModule, root: x, classes: [a, b], image_mode: L}"
    cost = measure_model(_tree(tiny, "--data", text, "--model.backbone.in_channels", "1"))
    assert cost.input_shape == (8, 1, 256, 256)
    assert cost.notes == ("images of 256x256 are assumed: no crop or resize among data.train_transforms",)


@pytest.mark.parametrize("name", ["swin_tiny_patch4_window7_224", "vit_small_patch14_dinov2"])
@pytest.mark.parametrize("decoder", ["FPN", "UNet"])
def test_transformers_run_on_meta(tiny: Path, name: str, decoder: str) -> None:
    words = [f"--model.backbone={{class_path: TimmBackbone, name: {name}, pretrained: true}}"]
    cost = measure_model(_tree(tiny, *words, "--model.decoder", decoder, "--data.image_size", "64"))
    assert cost.notes == ()
    assert cost.parameters > 20e6


def test_no_weights_are_asked_for(tiny: Path) -> None:
    words = ["--model.backbone.pretrained", "true", "--model.backbone.weights", "gone.safetensors"]
    assert measure_model(_tree(tiny, *words)) == measure_model(_tree(tiny))


@pytest.mark.usefixtures("modules")
def test_a_decoder_that_promises_other_channels_is_refused(tiny: Path) -> None:
    with pytest.raises(PartError, match=r"Liar.out_channels says 64, but its map has 32 channels") as caught:
        measure_model(_tree(tiny, "--model.decoder", "liar_decoder.Liar"))
    assert caught.value.key == "model.decoder"


@pytest.mark.parametrize("decoder", ["Mask2Former", "EoMT"])
def test_heads_whose_queries_are_views_of_parameters_are_measured(tiny: Path, decoder: str) -> None:
    blocks = 3 if decoder == "EoMT" else "null"
    backbone = f"--model.backbone={{name: vit_tiny_patch16_224, tail_blocks: {blocks}, pretrained: false}}"
    words = [backbone, "--model.decoder", decoder, "--model.loss=MaskClassificationLoss"]
    assert measure_model(_tree(tiny, *words)).flops > 0


@pytest.mark.usefixtures("modules")
def test_a_part_that_needs_values_is_tried_on_the_cpu(tiny: Path) -> None:
    cost = measure_model(_tree(tiny, "--model.decoder", "peeking_decoder.Peeks"))
    assert cost.input_shape == (2, 3, 32, 32)
    assert "on the CPU" in cost.notes[0]


EDGE_LOSS = "{class_path: EdgeLoss, loss: CrossEntropyLoss}"


def test_edges_are_predicted_beside_classes(tiny: Path) -> None:
    edges = ["--model.auxiliary", "[{class_path: EdgeHead, width: 8}]", f"--model.loss={EDGE_LOSS}"]

    assert measure_model(_tree(tiny, *edges)).parameters > measure_model(_tree(tiny)).parameters


@pytest.mark.parametrize(
    ("words", "key", "message"),
    [
        (
            ["--model.backbone.output_stride", "5"],
            "model.backbone",
            "set it to 8 or 16, or remove model.backbone.output_stride",
        ),
        (["--model.decoder.segmentation_channels", "33"], "model.decoder", "use 64"),
        (["--model.mean", "[0.5]"], "model", "model.mean got 1 values, expected one for each of 3"),
        (["--model.backbone.in_channels", "1"], "model", "an image has 3 channels, the backbone takes 1"),
        (["--model.auxiliary", "[EdgeHead]"], "model.loss", "CrossEntropyLoss compares classes, but EdgeHead"),
        (["--model.decoder", "EdgeHead"], "model.loss", "put it into model.auxiliary"),
        ([f"--model.loss={EDGE_LOSS}"], "model.loss", "EdgeLoss compares edges, which nothing predicts"),
    ],
    ids=["output stride", "decoder", "mean", "channels", "edges", "edges alone", "no edges"],
)
def test_what_cannot_be_built_is_refused(tiny: Path, words: list[str], key: str, message: str) -> None:
    with pytest.raises(PartError, match=message) as caught:
        measure_model(_tree(tiny, *words))
    assert caught.value.key == key


def test_a_crop_too_small_for_batch_normalisation_is_refused(tiny: Path) -> None:
    crop = "--data.train_transforms=[{class_path: RandomScaledCrop, size: 8}]"
    cost = measure_model(_tree(tiny, crop))
    assert cost.input_shape == (8, 3, 8, 8)
    assert any(note.startswith("in training, one image of 8x8 would not pass: a batch norm") for note in cost.notes)
    with pytest.raises(
        PartError, match="a training batch of 1x3x8x8 does not pass: a batch norm got one value per channel"
    ):
        measure_model(_tree(tiny, crop, "--data.batch_size", "1"))


def test_a_decoder_on_a_coarser_level_than_it_is_meant_for_is_noted(tiny: Path) -> None:
    words = ["--model.decoder={class_path: DeepLabV3Plus, width: 8}", "--data.image_size", "64"]
    (note,) = measure_model(_tree(tiny, *words)).notes
    assert "DeepLabV3Plus is meant for a deepest level of stride 16 or less, this one has 32; set model.backb" in note
    assert measure_model(_tree(tiny, *words, "--model.backbone.output_stride", "16")).notes == ()


def test_a_model_of_one_image_size_is_noted(tiny: Path) -> None:
    backbone = "{class_path: TimmBackbone, name: test_vit, backbone_kwargs: {img_size: 160, dynamic_img_size: false}}"
    words = [f"--model.backbone={backbone}", "--data.image_size"]
    assert "evaluation needs images of 160x160; " in measure_model(_tree(tiny, *words, "160")).notes[0]
    with pytest.raises(PartError, match="a training batch of 8x3x128x128 does not pass"):
        measure_model(_tree(tiny, *words, "128"))


def test_strides_that_decoders_are_not_made_for_are_noted(tiny: Path) -> None:
    words = ("--model.backbone.pretrained=false", "--data.image_size=128", "--model.backbone")
    notes = measure_model(_tree(tiny, *words, "efficientvit_m0")).notes
    told = (
        "levels of efficientvit_m0 have strides 16, 32, 64, most decoders expect 4 to 32; the map of FPN has stride 16"
    )
    assert told in notes
    assert not [note for note in measure_model(_tree(tiny, *words, "resnet18")).notes if "strides" in note]

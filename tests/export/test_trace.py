from pathlib import Path

import numpy as np
import pytest
import torch
from timm.layers import padding

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.deep_supervision import DeepSupervision
from segcli.decoders.unet import UNet
from segcli.experiment.decoder_matrix import default_decoder
from segcli.export.description import ExportError
from segcli.export.onnx_model import OnnxModel
from segcli.export.trace import _same_padding, trace
from segcli.registry import FAMILIES
from segcli.segmenter import Segmenter, SegmenterSettings
from tests.export.test_description import DESCRIPTION

ADDED = [(1, 1), (1, 15), (33, 64), (54, 109), (64, 96)]
"""Rows and columns over the size multiple: one, odd ones, multiples."""
ON_TRANSFORMERS = {"EoMT": {"tail_blocks": 3}, "MaskTransformer": {}, "SimplePyramid": {}, "DPT": {}}
"""Decoders that are tried on a plain transformer, and arguments of it; the others on a CNN."""
ONE_SIZE = {"PAN", "SimplePyramid"}
"""Decoders that ask for the size of the image: maps of odd sides are halved."""
ONE_SIZE_IN_ONNX = {"DySample", "PointRend"}
"""Decoders that compute places from sizes in ways that ONNX cannot hold, but torch.export."""
BACKBONES = (
    *("resnet18", "resnet10t", "tf_efficientnet_lite0", "convnext_atto", "vit_tiny_patch16_224"),
    "swin_tiny_patch4_window7_224",
)
DECODERS = ("UNet", "FPN", "SegFormer", "UPerNet", "DeepLabV3Plus")
OF_ONE_SIZE = {"swin_tiny_patch4_window7_224"}
"""Backbones that ask for the size of the image: windows are rolled, unless there are none."""


def build(backbone: str, decoder: str, num_outputs: int = 5, task: str = "multiclass", **options: object) -> Segmenter:
    torch.manual_seed(0)
    encoder = TimmBackbone(backbone, pretrained=False, **options)  # type: ignore[arg-type]
    settings = SegmenterSettings(task)  # type: ignore[arg-type]
    is_around_stages = decoder == "DeepSupervision"
    built = (
        DeepSupervision(encoder.features, num_outputs, UNet)
        if is_around_stages
        else default_decoder(decoder, encoder, num_outputs)
    )
    return Segmenter(encoder, built, num_outputs, settings).eval()


def differing(model: Segmenter, folder: Path, size: tuple[int, int] | None = None) -> list[int]:
    """Export to ONNX; return how many labels differ at each size that is tried."""
    traced = trace(model, size=size)
    OnnxModel.write(traced, DESCRIPTION, folder / "model.onnx")
    opened, multiple = OnnxModel.opened(folder / "model.onnx", threads=1), model.backbone.size_multiple
    sizes = [size] if size else [(multiple + rows, multiple + columns) for rows, columns in ADDED]
    found = []
    for rows, columns in sizes:
        images = torch.randint(0, 256, (3 if traced.any_batch else 1, rows, columns, 3), dtype=torch.uint8)
        with torch.no_grad():
            expected = model.kind.predict(model(images.permute(0, 3, 1, 2))).numpy()
        labels = opened.run(images.numpy())["labels"]
        assert labels.shape == expected.shape
        found.append(int(np.count_nonzero(labels != expected)))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("decoder", FAMILIES["decoders"].table)
def test_every_decoder_is_exported_for_any_size_or_says_why_not(decoder: str, tmp_path: Path) -> None:
    options = ON_TRANSFORMERS.get(decoder)
    model = build("resnet10t" if options is None else "vit_tiny_patch16_224", decoder, **(options or {}))
    if decoder in ONE_SIZE:
        with pytest.raises(ExportError, match=r"a graph of any size cannot tell.*--size 360x480"):
            trace(model)
    if decoder in ONE_SIZE_IN_ONNX:
        with pytest.raises(ExportError, match=r"ONNX"):
            differing(model, tmp_path)
    size = (100, 150) if decoder in ONE_SIZE | ONE_SIZE_IN_ONNX else None
    assert max(differing(model, tmp_path, size)) <= 15  # 0.1 % of the smallest image's labels


@pytest.mark.slow
@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("backbone", BACKBONES)
def test_backbones_are_exported_for_any_size_or_say_why_not(backbone: str, decoder: str, tmp_path: Path) -> None:
    model = build(backbone, decoder)
    if backbone in OF_ONE_SIZE:
        with pytest.raises(ExportError, match=r"a graph of any size cannot tell"):
            trace(model)
    assert max(differing(model, tmp_path, (100, 150) if backbone in OF_ONE_SIZE else None)) <= 15


@pytest.mark.slow
@pytest.mark.parametrize(("task", "num_outputs"), [("binary", 1), ("multilabel", 3)])
def test_every_task_is_exported(task: str, num_outputs: int, tmp_path: Path) -> None:
    assert differing(build("test_resnet.r160_in1k", "Linear", num_outputs, task), tmp_path) == [0] * len(ADDED)


def test_a_backbone_of_one_size_says_so() -> None:
    model = build("test_vit", "Linear")
    model.backbone.image_size = (160, 160)
    with pytest.raises(ExportError, match=r"takes images of 160x160 pixels only.*--size 160x160"):
        trace(model)


def test_timm_is_left_as_it_was(segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    before, patches = padding.get_same_padding, build("test_vit", "Linear")
    patches.backbone.model.patch_embed.dynamic_img_pad = True
    monkeypatch.setattr(torch.export, "export", _fail)
    with pytest.raises(ExportError, match="that is all"):
        trace(patches, size=(64, 64))
    assert padding.get_same_padding is before
    assert patches.backbone.model.patch_embed.dynamic_img_pad


def _fail(*_: object, **__: object) -> None:
    raise RuntimeError("\n that is all \n of it")


@pytest.mark.parametrize("kernel", [3, 5, 7])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (2, 2), (4, 1)])
def test_padding_in_whole_numbers_is_that_of_timm(kernel: int, stride: int, dilation: int) -> None:
    for size in range(1, 40):
        found = _same_padding(size, kernel, stride, dilation)
        assert found == padding.get_same_padding(size, kernel, stride, dilation)

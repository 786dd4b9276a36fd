from pathlib import Path

import pytest
import torch

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.decoders.fpn import FPN
from segcli.export.export_checkpoint import Export, Exported, export_checkpoint
from segcli.export.trace import Traced, trace
from segcli.segmenter import Segmenter

ORIGIN = {"experiment": "cells/1", "commit": None, "versions": {"torch": "2"}}


@pytest.fixture(scope="session")
def segmenter() -> Segmenter:
    """A model of the four classes of shapes; do not change it."""
    torch.manual_seed(0)
    backbone = TimmBackbone("test_resnet.r160_in1k", pretrained=False)
    model = Segmenter(backbone, FPN(backbone.features, 16, 32), 4)
    model.classes = data().classes
    for _ in range(3):  # statistics of the norms
        model(torch.randint(0, 256, (2, 3, 64, 64)))
    return model.eval()


@pytest.fixture(scope="session")
def traced(segmenter: Segmenter) -> Traced:
    """It, as a graph for images of any size."""
    return trace(segmenter, probabilities=True)


def data() -> ShapesDataModule:
    return ShapesDataModule(train_size=4, val_size=3, test_size=2, image_size=48)


@pytest.fixture(scope="session")
def exported(segmenter: Segmenter, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """It, as a file of ONNX; do not change it."""
    folder = tmp_path_factory.mktemp("exported")
    return export_checkpoint(segmenter, data(), Export(probabilities=True), folder, dict(ORIGIN))


@pytest.fixture
def onnx_file(exported: Exported, tmp_path: Path) -> Path:
    """A copy of the file."""
    path = tmp_path / exported.path.name
    path.write_bytes(exported.path.read_bytes())
    return path

import copy
from pathlib import Path

import pytest
import torch

from segcli.export.export_checkpoint import Export, export_checkpoint
from segcli.export.exportable import Exportable
from segcli.export.formats import FORMATS, open_exported
from segcli.export.trace import Traced
from segcli.predict.file_predictor import FilePredictor
from segcli.segmenter import Segmenter
from segcli.task_kind import KINDS
from tests.export.conftest import ORIGIN, data

SIZES = [(1, 33, 33), (1, 97, 64), (3, 50, 103), (1, 64, 96), (2, 129, 34)]
"""One more than a multiple, a multiple, odd ones; one image and several."""


@pytest.mark.parametrize("size", SIZES)
def test_a_graph_of_any_size_predicts_what_the_model_does(
    traced: Traced, segmenter: Segmenter, size: tuple[int, int, int]
) -> None:
    image = torch.randint(0, 256, (*size, 3), dtype=torch.uint8)
    with torch.no_grad():
        labels, probabilities = traced.program.module()(image)
        logits = segmenter(image.permute(0, 3, 1, 2))
    assert torch.equal(labels, segmenter.kind.predict(logits))
    assert labels.dtype == torch.uint8
    torch.testing.assert_close(probabilities, logits.softmax(dim=1), atol=1e-6, rtol=0)


def test_the_example_is_no_case_of_its_own(segmenter: Segmenter) -> None:
    model, multiple = Exportable(segmenter), segmenter.backbone.size_multiple
    batch, height, width, _ = model.example(2).shape
    assert batch > 1
    assert height != width
    assert all(side % multiple for side in (height, width))
    assert model.outputs == ("labels",)
    assert set(model.dynamic_shapes(any_batch=False)["image"]) == {1, 2}
    assert set(Exportable(segmenter, size=(40, 50)).dynamic_shapes(any_batch=True)["image"]) == {0}


def test_labels_are_decided_by_the_thresholds_of_the_model(segmenter: Segmenter) -> None:
    model = copy.deepcopy(segmenter)
    model.kind, model.thresholds = KINDS["multilabel"], (0.1, 0.5, 0.9, 0.3)
    image = torch.randint(0, 256, (1, 64, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        labels, probabilities = Exportable(model, probabilities=True)(image)
    expected = probabilities > torch.tensor(model.thresholds).view(1, 4, 1, 1)
    assert torch.equal(labels.bool(), expected)
    assert not torch.equal(labels.bool(), probabilities > 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_files_decide_by_thresholds(segmenter: Segmenter, name: str, tmp_path: Path) -> None:
    model = copy.deepcopy(segmenter)
    model.kind, model.thresholds = KINDS["multilabel"], (0.1, 0.5, 0.9, 0.3)
    wanted = Export(format=name, probabilities=True, images=0)
    exported = export_checkpoint(model, data(), wanted, tmp_path, dict(ORIGIN))
    predictor = FilePredictor(open_exported(exported.path, threads=1), name)
    images = torch.randint(0, 256, (1, 70, 50, 3), dtype=torch.uint8).numpy()
    probabilities = predictor.probabilities(images)
    assert predictor.thresholds == model.thresholds
    assert predictor.inference["threshold"] == dict(zip(model.classes, model.thresholds, strict=True))
    expected = probabilities > torch.tensor(model.thresholds).view(1, 4, 1, 1).numpy()
    assert (predictor.labels(images).astype(bool) == expected).mean() > 0.999

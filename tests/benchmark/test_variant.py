import shutil
from pathlib import Path

import numpy as np
import pytest

from segcli.benchmark.variant import (
    OWN_PRECISION,
    Choice,
    choices_of_checkpoint,
    choices_of_file,
    open_variant,
)
from segcli.export.description import ExportError
from segcli.export.export_checkpoint import Exported
from segcli.export.openvino_model import OpenVinoModel
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.predictor import Images


def test_forms_of_a_checkpoint_begin_with_the_baseline() -> None:
    assert [each.form for each in choices_of_checkpoint(Path("a.ckpt"))] == ["eager", "autocast"]
    assert [each.form for each in choices_of_checkpoint(Path("a.ckpt"), compiled=True)][-1] == "compiled"


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("model.onnx", ["onnx"]),
        ("x.rejected.pt2", ["torch"]),
        ("m.xml", ["openvino", OWN_PRECISION]),
        ("m.bin", []),
        ("onnx", []),
    ],
)
def test_forms_of_a_file_go_by_its_suffix(name: str, forms: list[str]) -> None:
    assert [each.form for each in choices_of_file(Path(name))] == forms


@pytest.mark.parametrize(
    ("form", "name", "precision"),
    [("eager", "eager fp32", "fp32"), ("autocast", "eager bf16", "bf16"), ("compiled", "compiled fp32", "fp32")],
)
def test_a_checkpoint_computes_as_its_name_says(in_trained: Path, form: str, name: str, precision: str) -> None:
    """Whatever precision it was trained in."""
    found = open_variant(Choice(form, in_trained))
    assert (found.name, found.precision, found.size_bytes) == (name, precision, in_trained.stat().st_size)
    predictor = found.predictor
    assert isinstance(predictor, CheckpointPredictor)
    compiles = predictor.segmenter._compiled_call_impl is not None
    assert compiles == (form == "compiled")
    seen: list[object] = []
    predictor.segmenter.classifier.register_forward_hook(lambda *call: seen.append(call[2].dtype))
    if not compiles:
        predictor.labels(np.zeros((1, 32, 32, predictor.channels), np.uint8))
        assert str(seen[0]) == {"fp32": "torch.float32", "bf16": "torch.bfloat16"}[precision]


def test_a_file_knows_what_it_was_exported_from(exported: Exported, images: Images) -> None:
    found = open_variant(Choice("onnx", exported.path), threads=1)
    assert (found.name, found.precision, found.origin) == ("ONNX Runtime fp32", "fp32", "")
    assert found.size_bytes == exported.path.stat().st_size
    assert found.predictor.labels(images).shape == (2, 70, 50)


class _OpenVino:
    """Stands in for OpenVINO, whose precision depends on the processor."""

    name, precision = OpenVinoModel.name, "bf16"

    def __init__(self, exported: Exported) -> None:
        self.description, self.threads = exported.description, -1

    def opened(self, path: Path, threads: int, own_precision: bool = False) -> "_OpenVino":
        self.precision = "bf16" if own_precision else "f32"
        self.threads = threads
        return self


@pytest.mark.parametrize(
    ("form", "name", "precision"),
    [("openvino", "OpenVINO fp32", "fp32"), (OWN_PRECISION, "OpenVINO default (bf16)", "bf16")],
)
def test_the_precision_of_openvino_is_told(
    exported: Exported, tmp_path: Path, form: str, name: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub, path = _OpenVino(exported), tmp_path / "model.xml"
    path.write_bytes(b"xml")
    path.with_suffix(".bin").write_bytes(b"12345678")
    monkeypatch.setattr("segcli.benchmark.variant.open_exported", stub.opened)
    monkeypatch.setattr("segcli.benchmark.variant.OpenVinoModel.opened", stub.opened)
    found = open_variant(Choice(form, path), threads=3)
    assert (found.name, found.precision, found.size_bytes, stub.threads) == (name, precision, 11, 3)


def test_a_file_that_is_none_is_told(exported: Exported, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no file"):
        open_variant(Choice("onnx", tmp_path / "model.onnx"))
    shutil.copy(Path(__file__), tmp_path / "model.onnx")
    with pytest.raises(ExportError, match="cannot be opened as ONNX"):
        open_variant(Choice("onnx", tmp_path / "model.onnx"))

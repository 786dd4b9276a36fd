import json
from pathlib import Path

import pytest
import torch

from segcli.export.description import ExportError
from segcli.export.export_checkpoint import Export, Exported, export_checkpoint
from segcli.export.exportable import Exportable
from segcli.export.exported_model import ExportedModel
from segcli.export.formats import FORMATS, open_exported
from segcli.export.onnx_model import OnnxModel
from segcli.export.trace import Traced
from segcli.segmenter import Segmenter
from tests.export.conftest import ORIGIN, data


def test_writes_the_file_its_card_and_its_script(exported: Exported) -> None:
    folder = exported.path.parent
    assert {path.name for path in folder.iterdir()} == {"model.onnx", "export.json", "README.md", "predict_onnx.py"}
    assert exported.agreement is not None
    assert (exported.agreement.images, exported.agreement.differing, exported.refusal) == (3, 0, "")
    beside = open_exported(exported.path).description
    about = {"file": "model.onnx", "refused": "", **json.loads(beside.text())}
    assert json.loads((folder / "export.json").read_text()) == about
    assert about["agreement"]["images"] == 3
    assert beside.colours[0].startswith("#")


class Sabotaged(OnnxModel):
    """Writes another model than it was given."""

    @classmethod
    def write(cls, traced, description, path):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN206
        segmenter = traced.model.segmenter
        before = segmenter.shift.clone()
        segmenter.shift += 1.0
        try:
            super().write(traced, description, path)
        finally:
            segmenter.shift.copy_(before)


def test_a_file_of_another_model_is_refused(
    segmenter: Segmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "onnx", Sabotaged)
    found = export_checkpoint(segmenter, data(), Export(), tmp_path, dict(ORIGIN))
    assert "of labels differ" in found.refusal
    assert found.path == tmp_path / "model.rejected.onnx"
    assert found.path.is_file()
    assert not (tmp_path / "model.onnx").exists()
    assert "**Not to be used**" in (tmp_path / "README.md").read_text()
    assert json.loads((tmp_path / "export.json").read_text())["refused"] == found.refusal


def test_nothing_is_traced_where_data_or_libraries_are_missing(
    segmenter: Segmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.export, "export", None)
    others = data()
    others.classes = ("a", "b", "c", "d")
    with pytest.raises(ExportError, match=r"the data have the classes a, b, c, d, the model .*--n 0"):
        export_checkpoint(segmenter, others, Export(), tmp_path, dict(ORIGIN))
    monkeypatch.setattr(OnnxModel, "libraries", ("nowhere_to_be_found",))
    with pytest.raises(ExportError, match="pip install"):
        export_checkpoint(segmenter, data(), Export(images=0), tmp_path, dict(ORIGIN))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_agrees(segmenter: Segmenter, tmp_path: Path, kind: str) -> None:
    found = export_checkpoint(segmenter, data(), Export(kind, size=(40, 52)), tmp_path, dict(ORIGIN))
    assert found.agreement is not None
    assert found.agreement.differing == 0
    model: type[ExportedModel] = FORMATS[kind]
    assert found.path.name == model.file_name


def test_a_format_that_cannot_hold_any_size_names_the_remedy(
    segmenter: Segmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ExportError("ONNX cannot hold the model")

    monkeypatch.setattr("segcli.export.export_checkpoint.trace", lambda *_: Traced(None, Exportable(segmenter), True))
    monkeypatch.setattr(OnnxModel, "write", refuse)
    for size, message in (
        (None, r"cannot hold the model; export it for one size .*--size 360x480"),
        ((64, 64), "model$"),
    ):
        with pytest.raises(ExportError, match=message):
            export_checkpoint(segmenter, data(), Export(size=size), tmp_path, dict(ORIGIN))

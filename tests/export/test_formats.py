import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from segcli.export.description import ExportError
from segcli.export.exported_model import ExportedModel
from segcli.export.formats import FORMATS, open_exported
from segcli.export.trace import trace
from segcli.segmenter import Segmenter
from tests.export.test_description import DESCRIPTION


@pytest.fixture(params=FORMATS, scope="module")
def written(request: pytest.FixtureRequest, segmenter: Segmenter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of each format; do not change it."""
    kind, traced = FORMATS[request.param], trace(segmenter, probabilities=True)  # a graph is written once
    path = tmp_path_factory.mktemp("written") / kind.file_name
    description = replace(DESCRIPTION, outputs=list(traced.model.outputs))
    kind.write(traced, description, path)
    described = description.with_agreement({"images": 7})
    kind.describe(path, described)
    return path


def test_a_file_predicts_what_the_model_does_and_knows_what_it_is(written: Path, segmenter: Segmenter) -> None:
    opened = open_exported(written, threads=1)
    assert opened.description.agreement == {"images": 7}
    assert opened.description.classes == DESCRIPTION.classes
    for size in ((33, 34), (97, 64), (50, 103)):
        image = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
        np.testing.assert_array_equal(opened.predict(image), segmenter.predict(image))
        found = opened.run(image[None])
        with torch.no_grad():
            expected = segmenter(torch.from_numpy(image).permute(2, 0, 1)[None]).softmax(dim=1)
        assert set(found) == {"labels", "probabilities"}
        np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5)


@pytest.mark.parametrize(
    "damage",
    [lambda content: b"", lambda content: content[: len(content) // 2], lambda content: b"x" * 500],
    ids=["empty", "cut", "other"],
)
def test_a_damaged_file_is_named(written: Path, damage: object, tmp_path: Path) -> None:
    path = tmp_path / written.name
    path.write_bytes(damage(written.read_bytes()))  # type: ignore[operator]
    with pytest.raises(ExportError, match=path.name):
        open_exported(path)


def test_what_is_no_exported_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no file"):
        open_exported(tmp_path / "model.onnx")
    (tmp_path / "best.ckpt").touch()
    with pytest.raises(ExportError, match=r"expected one of \.onnx, \.pt2, \.xml"):
        open_exported(tmp_path / "best.ckpt")


@pytest.mark.parametrize("kind", FORMATS.values())
def test_a_library_that_is_missing_is_named(kind: type[ExportedModel], monkeypatch: pytest.MonkeyPatch) -> None:
    from segcli.export.formats import require_library

    for library in kind.libraries:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, library, None)
            with pytest.raises(ExportError, match=rf"{kind.name} needs {library}.*pip install 'segcli\[export\]'"):
                require_library(kind)

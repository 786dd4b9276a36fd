from pathlib import Path

import numpy as np
import openvino
import pytest

from segcli.export.openvino_model import OpenVinoModel, _save
from tests.export.test_description import DESCRIPTION


@pytest.fixture
def pair(onnx_file: Path) -> Path:
    path = onnx_file.parent / OpenVinoModel.file_name
    _save(openvino.convert_model(onnx_file), DESCRIPTION, path)
    return path


def test_weights_and_results_are_float32(pair: Path) -> None:
    assert pair.with_suffix(".bin").stat().st_size > 0.8 * pair.with_name("model.onnx").stat().st_size
    opened = OpenVinoModel.opened(pair, threads=1)
    assert opened._model.get_property("INFERENCE_PRECISION_HINT").to_string() == "f32"
    assert opened.predict(np.zeros((40, 50, 3), np.uint8)).shape == (40, 50)


def test_describes_itself_anew(pair: Path) -> None:
    OpenVinoModel.describe(pair, DESCRIPTION.with_agreement({"images": 2}))
    assert OpenVinoModel.opened(pair).description.agreement == {"images": 2}
    assert sorted(path.name for path in pair.parent.iterdir()) == ["model.bin", "model.onnx", "model.xml"]

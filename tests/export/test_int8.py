from pathlib import Path

import numpy as np
import onnx
import pytest

from segcli.export.int8 import quantise
from segcli.export.onnx_model import OnnxModel
from segcli.segmenter import Segmenter


def test_convolutions_but_the_last_compute_with_8_bits(onnx_file: Path, segmenter: Segmenter) -> None:
    images = [np.random.default_rng(i).integers(0, 256, (48 + i, 64, 3)).astype(np.uint8) for i in range(3)]
    before = onnx_file.stat().st_size
    quantise(onnx_file, iter(images))
    nodes = onnx.load(onnx_file).graph.node
    scaled = {output for node in nodes if node.op_type == "DequantizeLinear" for output in node.output}
    is_int8 = [node.input[1] in scaled for node in nodes if node.op_type == "Conv"]
    assert is_int8[:-1] == [True] * (len(is_int8) - 1)
    assert not is_int8[-1]
    assert onnx_file.stat().st_size < 0.6 * before
    labels = OnnxModel.opened(onnx_file, threads=1).predict(images[0])
    assert (labels == segmenter.predict(images[0])).mean() > 0.5  # weights are random: many classes are nearly equal
    assert [path.name for path in onnx_file.parent.iterdir()] == [onnx_file.name]


def test_no_images_are_no_calibration(onnx_file: Path) -> None:
    before = onnx_file.read_bytes()
    with pytest.raises(ValueError, match="No data is collected"):
        quantise(onnx_file, iter([]))
    assert onnx_file.read_bytes() == before

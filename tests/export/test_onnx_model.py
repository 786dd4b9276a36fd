from pathlib import Path

import onnx

from segcli.export.description import KEY
from segcli.export.onnx_model import OnnxModel
from tests.export.test_description import DESCRIPTION


def test_is_one_file_with_sizes_that_are_named(onnx_file: Path) -> None:
    model = onnx.load(onnx_file)
    assert not [weight for weight in model.graph.initializer if weight.external_data]
    (image,) = model.graph.input
    assert image.name == "image"
    assert image.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert [size.dim_param or size.dim_value for size in image.type.tensor_type.shape.dim][3] == 3
    assert all(size.dim_param for size in list(image.type.tensor_type.shape.dim)[:3])
    assert [each.name for each in model.graph.output] == ["labels", "probabilities"]


def test_describes_itself_once(onnx_file: Path) -> None:
    for images in (1, 2):
        OnnxModel.describe(onnx_file, DESCRIPTION.with_agreement({"images": images}))
    assert [each.key for each in onnx.load(onnx_file).metadata_props] == [KEY]
    assert OnnxModel.opened(onnx_file).description.agreement == {"images": 2}

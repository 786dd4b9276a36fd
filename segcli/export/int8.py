"""Weights and activations of 8 bits, by ONNX Runtime's static quantisation (https://onnxruntime.ai/docs)."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

from segcli.export.exported_model import Images


def quantise(path: Path, images: Iterator[Images]) -> None:
    """Replace a file of ONNX by one whose convolutions compute with 8 bits, a scale for each output channel.

    The last convolution, which tells classes apart, stays as it is.

    Args:
        path: The file.
        images: ``(H, W, C)``, from the training split, from which the ranges of activations are taken.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class _Images(CalibrationDataReader):  # type: ignore[misc]  # of a library without types
        def get_next(self) -> dict[str, Images] | None:
            image = next(images, None)
            return None if image is None else {"image": image[None]}

    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            prepared, result = Path(folder) / "prepared.onnx", Path(folder) / "result.onnx"
            quant_pre_process(path, prepared, skip_symbolic_shape=True)
            convolutions = [node.name for node in onnx.load(prepared).graph.node if node.op_type == "Conv"]
            quantize_static(
                prepared,
                result,
                _Images(),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                op_types_to_quantize=["Conv"],
                nodes_to_exclude=convolutions[-1:],
            )
            result.replace(path)
    finally:
        logger.setLevel(level)

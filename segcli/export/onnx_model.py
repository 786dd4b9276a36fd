"""ONNX, as ONNX Runtime and many others run it: https://onnx.ai."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import NDArray

from segcli.export.description import KEY, Description, ExportError
from segcli.export.exported_model import ExportedModel, Images
from segcli.export.trace import Traced, first_line, quiet_torch

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


class OnnxModel(ExportedModel):
    """A file of ONNX, run on the processor.

    Args:
        session: Of the file.
        description: What the file says of itself.
    """

    name, file_name, libraries = "onnx", "model.onnx", ("onnx", "onnxscript", "onnxruntime")

    def __init__(self, session: "InferenceSession", description: Description) -> None:
        self._session, self.description = session, description

    @classmethod
    def write(cls, traced: Traced, description: Description, path: Path) -> None:
        """Write a file of one piece, weights included."""
        try:
            with quiet_torch():
                program = torch.onnx.export(
                    traced.program,
                    dynamo=True,
                    optimize=True,
                    verbose=False,
                    input_names=["image"],
                    output_names=list(traced.model.outputs),
                )
                assert program is not None
                program.model.metadata_props[KEY] = description.text()
                program.save(str(path), external_data=False)
        except (torch.onnx.OnnxExporterError, RuntimeError, ValueError, NotImplementedError) as error:
            raise ExportError(f"ONNX cannot hold the model: {first_line(error)}") from error

    @classmethod
    def describe(cls, path: Path, description: Description) -> None:
        """Let a file say something else of itself."""
        import onnx

        model = onnx.load(path)
        del model.metadata_props[:]
        onnx.helper.set_model_props(model, {KEY: description.text()})
        onnx.save(model, path)

    @classmethod
    def opened(cls, path: Path, threads: int = 0) -> "OnnxModel":
        """Open a file."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = threads, 3
        try:
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ExportError(f"{path} cannot be opened as ONNX: {first_line(error)}") from None
        return cls(session, Description.of_text(session.get_modelmeta().custom_metadata_map.get(KEY), path))

    def run(self, images: Images) -> Mapping[str, NDArray[Any]]:
        """Run it on a batch."""
        names = [each.name for each in self._session.get_outputs()]
        return dict(zip(names, self._session.run(names, {"image": images}), strict=True))

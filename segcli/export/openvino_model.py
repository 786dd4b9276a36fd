"""OpenVINO's own format, for processors and accelerators of Intel: https://docs.openvino.ai."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from segcli.export.description import KEY, Description, ExportError
from segcli.export.exported_model import ExportedModel, Images
from segcli.export.onnx_model import OnnxModel
from segcli.export.trace import Traced, first_line

if TYPE_CHECKING:
    from openvino import CompiledModel, Model


class OpenVinoModel(ExportedModel):
    """A pair of files, ``.xml`` and ``.bin``, run on the processor in float32 unless told otherwise.

    OpenVINO computes in bfloat16 by default where a processor can, which changes labels; float32 is what was compared.

    Args:
        model: That was compiled.
        description: What the file says of itself.
    """

    name, file_name, libraries = "openvino", "model.xml", ("onnx", "onnxscript", "openvino")

    def __init__(self, model: "CompiledModel", description: Description) -> None:
        self._model, self.description = model, description

    @classmethod
    def write(cls, traced: Traced, description: Description, path: Path) -> None:
        """Write the files by way of ONNX, whose sizes it can take over."""
        import openvino

        with tempfile.TemporaryDirectory() as folder:
            through = Path(folder) / OnnxModel.file_name
            OnnxModel.write(traced, description, through)
            try:
                model = openvino.convert_model(through)
            except Exception as error:
                raise ExportError(f"OpenVINO cannot take the model: {first_line(error)}") from error
            _save(model, description, path)  # which reads weights from that file

    @classmethod
    def describe(cls, path: Path, description: Description) -> None:
        """Let the files say something else of themselves."""
        import openvino

        with tempfile.TemporaryDirectory(dir=path.parent) as folder:  # weights are mapped while they are written
            new = Path(folder) / path.name
            _save(openvino.Core().read_model(path), description, new)
            for each in (new, new.with_suffix(".bin")):
                each.replace(path.parent / each.name)

    @classmethod
    def opened(cls, path: Path, threads: int = 0, own_precision: bool = False) -> "OpenVinoModel":
        """Open the files; ``own_precision`` leaves it to OpenVINO in which type to compute."""
        import openvino

        options: dict[str, Any] = {} if own_precision else {"INFERENCE_PRECISION_HINT": "f32"}
        options |= {"INFERENCE_NUM_THREADS": threads} if threads else {}
        try:
            model = openvino.Core().read_model(path)
            compiled = openvino.compile_model(model, "CPU", options)
        except Exception as error:
            raise ExportError(f"{path} cannot be opened by OpenVINO: {first_line(error)}") from None
        text = model.get_rt_info([KEY]).astype(str) if model.has_rt_info([KEY]) else None
        return cls(compiled, Description.of_text(text, path))

    @property
    def precision(self) -> str:
        """The type that it computes in, such as ``f32`` or ``bf16``."""
        return str(self._model.get_property("INFERENCE_PRECISION_HINT").get_type_name())

    def run(self, images: Images) -> Mapping[str, NDArray[Any]]:
        """Run it on a batch."""
        found = self._model({"image": images})
        return {name: found[name] for name in self.description.outputs}


def _save(model: "Model", description: Description, path: Path) -> None:
    import openvino

    model.set_rt_info(description.text(), [KEY])
    openvino.save_model(model, path, compress_to_fp16=False)

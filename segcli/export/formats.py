"""The formats of exported files, and which one a file is of."""

from pathlib import Path

from segcli.export.description import ExportError
from segcli.export.exported_model import ExportedModel
from segcli.export.onnx_model import OnnxModel
from segcli.export.openvino_model import OpenVinoModel
from segcli.export.torch_model import TorchModel

FORMATS: dict[str, type[ExportedModel]] = {each.name: each for each in (OnnxModel, TorchModel, OpenVinoModel)}
"""Name to format."""


def open_exported(path: Path, threads: int = 0) -> ExportedModel:
    """Open a file by its suffix.

    Args:
        path: The file.
        threads: Processor threads to run on; 0 for as many as there are cores.

    Raises:
        ExportError: If it is missing, damaged, no file of segcli, or a library that its format needs is missing.
    """
    if not path.is_file():
        raise ExportError(f"no file {path}")
    for each in FORMATS.values():
        if path.suffix == Path(each.file_name).suffix:
            require_library(each)
            return each.opened(path, threads)
    suffixes = ", ".join(Path(each.file_name).suffix for each in FORMATS.values())
    raise ExportError(f"{path} is no exported model by its name, expected one of {suffixes}")


def require_library(model: type[ExportedModel]) -> None:
    """See that the libraries of a format are there.

    Raises:
        ExportError: If not; says how to install them.
    """
    try:
        for library in model.libraries:
            __import__(library)
    except ImportError as error:
        raise ExportError(
            f"{model.name} needs {error.name}, which is not installed: pip install 'segcli[{model.extra}]'"
        ) from None

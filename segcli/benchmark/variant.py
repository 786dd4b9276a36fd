"""A form that a model runs in: by PyTorch in several ways, or from an exported file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from segcli.datasets.palette import default_palette
from segcli.export.formats import open_exported
from segcli.export.onnx_model import OnnxModel
from segcli.export.openvino_model import OpenVinoModel
from segcli.export.torch_model import TorchModel
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.file_predictor import FilePredictor
from segcli.predict.predictor import Predictor
from segcli.segmenter import Segmenter

EAGER, AUTOCAST, COMPILED = "eager", "autocast", "compiled"
OWN_PRECISION = "openvino-default"
_TITLES = {OnnxModel.name: "ONNX Runtime", TorchModel.name: "torch.export", OpenVinoModel.name: "OpenVINO"}


@dataclass(frozen=True)
class Choice:
    """What is to be opened.

    Attributes:
        form: ``eager``, ``autocast`` (bfloat16) or ``compiled`` of a checkpoint; of an exported file the name of its
            format, or ``openvino-default`` for the type that OpenVINO chooses for the processor.
        path: Checkpoint or exported file.
    """

    form: str
    path: Path


@dataclass(frozen=True)
class Variant:
    """A form that was opened.

    Attributes:
        name: As tables show it.
        choice: What was opened.
        predictor: Maps images to labels.
        precision: What it computes in, such as ``fp32``, ``bf16`` or ``int8``.
        size_bytes: Of its file; OpenVINO's two are one.
        origin: Hash of the checkpoint that a file was exported from; empty for the checkpoint itself.
    """

    name: str
    choice: Choice
    predictor: Predictor
    precision: str
    size_bytes: int
    origin: str = ""


def choices_of_checkpoint(path: Path, compiled: bool = False) -> list[Choice]:
    """Return the forms of a checkpoint, the one first that others are compared with."""
    return [Choice(form, path) for form in (EAGER, AUTOCAST, *([COMPILED] if compiled else []))]


def choices_of_file(path: Path) -> list[Choice]:
    """Return the forms of an exported file; none for a suffix that no format has."""
    forms = {".onnx": (OnnxModel.name,), ".pt2": (TorchModel.name,), ".xml": (OpenVinoModel.name, OWN_PRECISION)}
    return [Choice(form, path) for form in forms.get(path.suffix, ())]


def open_variant(choice: Choice, device: str = "cpu", threads: int = 0) -> Variant:
    """Open one form of a model.

    Args:
        choice: Which.
        device: Where a checkpoint computes; exported files do on the processor.
        threads: Of the processor, for exported files; 0 for as many as there are cores.

    Raises:
        segcli.export.description.ExportError: If an exported file is none, or a library is missing.
        segcli.inference.checkpoint.CheckpointError: If a checkpoint is none.
    """
    if choice.form in (EAGER, AUTOCAST, COMPILED):
        return _of_checkpoint(choice, device)
    model = open_exported(choice.path, threads)
    precision, told = "int8" if model.description.int8_images else "fp32", model.description
    title = f"{_TITLES[model.name]} {precision}"
    if choice.form == OWN_PRECISION:
        own = OpenVinoModel.opened(choice.path, threads, own_precision=True)
        model, precision = own, {"f32": "fp32"}.get(own.precision, own.precision)
        title = f"{_TITLES[own.name]} default ({precision})"
    size, origin = _size(choice.path), str(told.origin.get("checkpoint_sha256") or "")
    return Variant(title, choice, FilePredictor(model, str(choice.path)), precision, size, origin)


def _of_checkpoint(choice: Choice, device: str) -> Variant:
    segmenter, precision = Segmenter.from_checkpoint(choice.path), "bf16" if choice.form == AUTOCAST else "fp32"
    if choice.form == COMPILED:
        segmenter.compile()
    palette = default_palette(len(segmenter.classes))
    cast = "bf16-mixed" if precision == "bf16" else None
    predictor = CheckpointPredictor(segmenter, palette, str(choice.path), device, cast)
    title = f"{'compiled' if choice.form == COMPILED else 'eager'} {precision}"
    return Variant(title, choice, predictor, precision, _size(choice.path))


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in _parts(path))


def _parts(path: Path) -> Iterator[Path]:
    yield path
    weights = path.with_suffix(".bin")
    if path.suffix == ".xml" and weights.is_file():
        yield weights

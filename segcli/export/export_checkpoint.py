"""Export a checkpoint: trace, write, compare, describe."""

import importlib.resources
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from segcli.comparison.figures import plural
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datasets.data_progress import DataProgress
from segcli.datasets.palette import default_palette
from segcli.datasets.sample_dataset import SampleDataset
from segcli.disk import write_text
from segcli.export.agreement import Agreement, compare_predictions, pixels_of, samples
from segcli.export.description import Description, ExportError
from segcli.export.exported_model import ExportedModel
from segcli.export.formats import FORMATS, open_exported, require_library
from segcli.export.int8 import quantise
from segcli.export.model_card import SCRIPT, model_card
from segcli.export.onnx_model import OnnxModel
from segcli.export.trace import Traced, trace
from segcli.runs.stored_run import StoredRun
from segcli.segmenter import Segmenter

REJECTED = ".rejected"
ABOUT, CARD = "export.json", "README.md"


@dataclass(frozen=True)
class Export:
    """What is wanted.

    Attributes:
        format: Name of one of :data:`segcli.export.formats.FORMATS`.
        probabilities: Whether the file returns probabilities beside labels.
        size: The one height and width of images in pixels; None for any.
        images: Of the validation split, on which the file is compared with the model; 0 compares none.
        int8: Training images to calibrate weights of 8 bits on; 0 for float32.
        inference: What the experiment sets that is not in the file, see :class:`Description`.
    """

    format: str = OnnxModel.name
    probabilities: bool = False
    size: tuple[int, int] | None = None
    images: int = 64
    int8: int = 0
    inference: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> type[ExportedModel]:
        """Of the format."""
        return FORMATS[self.format]


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        path: The file.
        description: What it says of itself.
        agreement: Of file and model; None where they were not compared.
        refusal: Why it is not to be used; empty if it may be.
    """

    path: Path
    description: Description
    agreement: Agreement | None
    refusal: str


def export_checkpoint(
    segmenter: Segmenter,
    data: SegmentationDataModule,
    wanted: Export,
    folder: Path,
    origin: dict[str, Any],
    run: StoredRun | None = None,
    tell: Callable[[str], object] = bool,
) -> Exported:
    """Write a file, compare it with its model, and write a card beside it.

    Args:
        segmenter: The model, on the CPU and in evaluation mode.
        data: Its splits are read where they are needed.
        wanted: What is wanted.
        folder: There already, and empty.
        origin: Where the model came from; the first entry is the name of the experiment.
        run: That it was trained in.
        tell: Called with a line on every step.

    Raises:
        ExportError: If the format cannot hold the model, or a library is missing.
        segcli.sample.DataError: If data are missing or at fault.
        OSError: If files cannot be written.
    """
    require_library(wanted.model)
    dataset = _validation(segmenter, data) if wanted.images else None
    calibration = _calibration(data) if wanted.int8 else None
    wanted = replace(wanted, int8=0 if calibration is None else min(wanted.int8, len(calibration)))
    tell(f"tracing for {'images of any size' if wanted.size is None else '{}x{} pixels'.format(*wanted.size)}")
    traced = trace(segmenter, wanted.probabilities, wanted.size)
    path, description = folder / wanted.model.file_name, _description(traced, data, wanted, origin)
    tell(f"writing {wanted.model.name}")
    with _of_any_size(wanted):
        wanted.model.write(traced, description, path)
    if calibration is not None:
        tell(f"calibrating on {plural(wanted.int8, 'training image')}")
        quantise(path, (pixels_of(image) for image, _ in samples(calibration, wanted.int8, wanted.size)))
    agreement = None if dataset is None else _compared(segmenter, dataset, wanted, path)
    if agreement is not None:
        description = description.with_agreement(agreement.record())
    if agreement is not None or wanted.int8:
        wanted.model.describe(path, description)
    refusal = agreement.refusal(bool(wanted.int8)) if agreement is not None else ""
    if refusal:
        path = _reject(path)
    about = {"file": path.name, "refused": refusal, **json.loads(description.text())}
    write_text(folder / ABOUT, json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    write_text(folder / CARD, model_card(str(origin["experiment"]), description, path.name, run, refusal))
    if path.name == OnnxModel.file_name:
        script = importlib.resources.files("segcli.export").joinpath(SCRIPT)
        write_text(folder / SCRIPT, script.read_text("utf-8"))
    return Exported(path, description, agreement, refusal)


def _description(traced: Traced, data: SegmentationDataModule, wanted: Export, origin: dict[str, Any]) -> Description:
    segmenter = traced.model.segmenter
    own = getattr(data, "palette", None)
    palette = own if own is not None and len(own) == len(segmenter.classes) else default_palette(len(segmenter.classes))
    return Description(
        classes=list(segmenter.classes),
        colours=["#{:02x}{:02x}{:02x}".format(*colour) for colour in palette],
        task=segmenter.kind.name,
        outputs=list(traced.model.outputs),
        dtype=segmenter.image_dtype or "uint8",
        channels=segmenter.backbone.in_channels,
        image_mode=segmenter.reads_as,
        size=None if wanted.size is None else list(wanted.size),
        least=traced.model.least,
        any_batch=traced.any_batch,
        origin=origin,
        agreement={},
        int8_images=wanted.int8,
        thresholds=segmenter.thresholds,
        inference=wanted.inference,
    )


def _validation(segmenter: Segmenter, data: SegmentationDataModule) -> SampleDataset:
    if data.classes != segmenter.classes:
        raise ExportError(
            f"the data have the classes {', '.join(data.classes)}, the model {', '.join(segmenter.classes)}; give the "
            "data of the model, or --n 0 to compare nothing"
        )
    data.prepare("val")
    return data.datasets["val"]


def _compared(segmenter: Segmenter, dataset: SampleDataset, wanted: Export, path: Path) -> Agreement:
    with _of_any_size(wanted):
        exported = open_exported(path)
    with DataProgress(min(wanted.images, len(dataset)), "comparing file and model") as progress:
        return compare_predictions(segmenter, exported, dataset, wanted.images, progress.advance)


@contextmanager
def _of_any_size(wanted: Export) -> Iterator[None]:
    """Say that one size may do where a format cannot hold a model for any."""
    try:
        yield
    except ExportError as error:
        if wanted.size is not None:
            raise
        raise ExportError(f"{error}; export it for one size of images: --size 360x480") from error


def _calibration(data: SegmentationDataModule) -> SampleDataset:
    """Return the training split, with images as the model will see them."""
    data.prepare("train")
    data.prepare("val")
    dataset = data.datasets["train"]
    dataset.transform = data.datasets["val"].transform
    return dataset


def _reject(path: Path) -> Path:
    """Rename what was written, so that nobody takes it for a model; return its path."""
    for each in list(path.parent.glob(f"{path.stem}.*")):
        each.rename(each.with_name(f"{each.stem}{REJECTED}{each.suffix}"))
    return path.with_name(f"{path.stem}{REJECTED}{path.suffix}")

"""Findings about files of which samples are parts: pixels without data that count, and volumes that lie otherwise."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from segcli.comparison.figures import plural
from segcli.datasets.file_part import FilePart, opened_parts
from segcli.datasets.parted_file import PartedFile
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.record_labels import RecordLabels
from segcli.inspection.finding import Finding
from segcli.inspection.scan import Scan
from segcli.sample import IGNORE_INDEX, DataError


def parts_of_files(scans: Sequence[Scan]) -> Iterator[Finding]:
    """Yield that files name a value for pixels without data which is not ignored, and that volumes lie otherwise.

    Args:
        scans: The splits.
    """
    images, masks, orientations = dict[str, float](), dict[str, float](), dict[str, list[str]]()
    for scan in scans:
        if not isinstance(scan.dataset, RecordDataset):
            continue
        parts = (part for index in range(len(scan.dataset)) for part in scan.dataset.sources(index))
        for part in {part.container: part for part in parts if isinstance(part, FilePart)}.values():
            with suppress(DataError):  # told with all files at fault
                _look(part, scan.dataset.labels, images, masks, orientations)
    yield from _nodata("image", images, "data.nodata: ignore leaves these pixels out; else they are read as values")
    yield from _nodata("mask", masks, "list the value in data.ignore_values, unless it is meant as that class")
    if len(orientations) > 1:
        files = tuple(f"{shown[0]}: {name}" for name, shown in sorted(orientations.items()))
        message = f"volumes are stored in {len(orientations)} orientations, {', '.join(sorted(orientations))}"
        advice = "slices along data.slice_axis are of other directions of the body; store all alike, such as with "
        yield Finding("warning", "orientations", message, f"{advice}nibabel.as_closest_canonical", files)


def _look(
    part: FilePart,
    labels: RecordLabels,
    images: dict[str, float],
    masks: dict[str, float],
    orientations: dict[str, list[str]],
) -> None:
    path = part.container
    with opened_parts(path) as file:
        if part.is_mask:
            value = _class_of_nodata(file, labels, path)
            if value is not None:
                masks[str(path)] = value
            return
        if file.nodata is not None and not part.ignores_nodata:
            images[str(path)] = file.nodata
        if file.orientation is not None:
            orientations.setdefault(file.orientation, []).append(str(path))


def _class_of_nodata(file: PartedFile, labels: RecordLabels, path: Path) -> float | None:
    """Return the value of a mask's pixels without data, if it stands for a class; a value of none is an error."""
    value = file.nodata
    if value is None or value not in range(2**16):
        return None
    stream = io.BytesIO()
    Image.fromarray(np.full((1, 1), value, np.uint8 if value < 256 else np.uint16)).save(stream, "PNG")
    try:
        return None if (labels.read(path, (1, 1), stream.getvalue()) == IGNORE_INDEX).all() else value
    except DataError:
        return None


def _nodata(what: str, values: Mapping[str, float], advice: str) -> Iterator[Finding]:
    if values:
        shown = ", ".join(f"{value:g}" for value in sorted(set(values.values())))
        count = plural(len(values), what)
        message = f"{count} {'states' if len(values) == 1 else 'state'} a value for pixels without data ({shown})"
        yield Finding("note", "nodata", f"{message}, which is not ignored", advice, tuple(values))

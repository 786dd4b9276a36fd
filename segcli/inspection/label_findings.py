"""Findings about labels that a trained model doubts, each with a picture."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from segcli.comparison.figures import plural
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.disk import write_bytes
from segcli.inference.picture import Picture, as_picture, grid, legend, overlay, title
from segcli.inspection.finding import Finding
from segcli.inspection.preview import MARK, png
from segcli.inspection.suspect_regions import Region, suspect_regions
from segcli.sample import DataError
from segcli.segmenter import Segmenter

_TITLES = ("image", "label", "prediction", "doubted")
_ADVICE = "look at the pictures: correct the labels that are wrong; of others the model is"


class _Suspect(NamedTuple):
    """An image; the first two fields, its largest region and its place, order those of a heap."""

    doubt: float
    order: int
    split: str
    name: str
    regions: Sequence[Region]
    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    prediction: NDArray[np.uint8]
    doubted: NDArray[np.bool_]


def require_comparable(data: SegmentationDataModule, segmenter: Segmenter) -> None:
    """Refuse a model of other classes than those of the data, and several labels per pixel.

    Raises:
        DataError: If so.
    """
    if data.multilabel or segmenter.kind.multilabel:
        raise DataError("--ckpt_path got a model or data with several labels per pixel, expected one class per pixel.")
    if segmenter.classes != data.classes:
        raise DataError(
            f"--ckpt_path got a model of {', '.join(segmenter.classes)}, expected one of the classes of the data: "
            f"{', '.join(data.classes)}."
        )


def doubted_labels(
    data: SegmentationDataModule,
    segmenter: Segmenter,
    number: int,
    folder: Path,
    advance: Callable[[], object] = bool,
) -> Iterator[Finding]:
    """Yield the images whose labels a model doubts most, and write a picture of each.

    Args:
        data: With its splits prepared; images are seen as in validation.
        segmenter: The model, in evaluation mode.
        number: How many images.
        folder: Of the pictures; made if it is needed.
        advance: Called after every image.

    Raises:
        OSError: If a picture cannot be written.
    """
    worst: list[_Suspect] = []
    seen = next((data.datasets[split].transform for split in ("val", "test") if split in data.datasets), None)
    order = 0
    for split, dataset in data.datasets.items():
        for index, name in enumerate(dataset.ids()):
            order -= 1
            try:
                image, mask = dataset.load(index)
            except (DataError, OSError):  # told of before
                advance()
                continue
            image, mask = (image, mask) if seen is None else seen(image, mask, 0, index)
            assert mask is not None
            probabilities = class_probabilities(segmenter, image)
            regions, doubted = suspect_regions(mask, probabilities)
            if regions:
                prediction = probabilities.argmax(axis=0).astype(np.uint8)
                shown = as_picture(image, data.display_channels)
                suspect = _Suspect(regions[0].doubt, order, split, name, regions, shown, mask, prediction, doubted)
                (heapq.heappush if len(worst) < number else heapq.heappushpop)(worst, suspect)
            advance()
    if not worst:
        return
    lines = []
    for rank, suspect in enumerate(sorted(worst, reverse=True), start=1):
        file = folder / f"{rank:02d}_{suspect.split}_{PurePath(suspect.name).stem}.png"
        write_bytes(file, png(_drawn(suspect, data.palette, data.classes)))
        lines.append(f"{_line(suspect, data.classes)}: {file}")
    message = f"a trained model doubts labels of {plural(len(worst), 'image')} most, worst first"
    yield Finding("warning", "doubted-labels", message, _ADVICE, tuple(lines))


@torch.no_grad()
def class_probabilities(segmenter: Segmenter, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return ``(K, H, W)`` probabilities with a sum of 1 over the K classes.

    Args:
        segmenter: In evaluation mode.
        image: ``(H, W)`` or ``(H, W, C)``.
    """
    channels_first = torch.from_numpy(np.ascontiguousarray(np.atleast_3d(image))).permute(2, 0, 1)
    found = segmenter.kind.probabilities(segmenter(channels_first[None].to(segmenter.scale.device)))[0]
    both = torch.cat([1 - found, found]) if segmenter.num_outputs == 1 else found
    return np.asarray(both.float().cpu().numpy())


def _line(suspect: _Suspect, classes: Sequence[str]) -> str:
    first = suspect.regions[0]
    left, top, right, bottom = first.box
    more = f", and {plural(len(suspect.regions) - 1, 'more region')}" if len(suspect.regions) > 1 else ""
    return (
        f"{suspect.split}: {suspect.name}: {first.pixels} px of {classes[first.label]} look like "
        f"{classes[first.predicted]} (x {left} to {right}, y {top} to {bottom}){more}"
    )


def _drawn(suspect: _Suspect, palette: NDArray[np.uint8], classes: Sequence[str]) -> Picture:
    image = suspect.image
    doubted = image // 2 + 64
    doubted[suspect.doubted] = MARK
    painted = (overlay(image, labels, palette) for labels in (suspect.mask, suspect.prediction))
    pictures = grid([[title(text) for text in _TITLES], [image, *painted, doubted]])
    named, colours = [*classes, "doubted"], np.concatenate([palette, np.array([MARK], np.uint8)])
    return grid([[pictures], [legend(named, colours, pictures.shape[1])]])

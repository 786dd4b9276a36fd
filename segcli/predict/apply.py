"""Predict an image band by band, as an experiment's ``inference`` says."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcli.inference.inference import Inference, Part
from segcli.predict.predictor import Images, Predictor

_AT_ONCE = 4


class Source(Protocol):
    """An image that is read by rows.

    Attributes:
        height: In pixels.
        width: In pixels.
    """

    height: int
    width: int

    def rows(self, first: int, last: int) -> Images:
        """Return rows from ``first`` to before ``last`` as ``(rows, W, C)`` pixels."""


class WholeImage:
    """An image in memory.

    Args:
        pixels: ``(H, W, C)``.
    """

    def __init__(self, pixels: Images) -> None:
        self._pixels = pixels
        self.height, self.width = pixels.shape[:2]

    def rows(self, first: int, last: int) -> Images:
        """Return a view of the rows."""
        return self._pixels[first:last]


class Band(NamedTuple):
    """Rows of a prediction.

    Attributes:
        labels: ``(rows, W)`` uint8 class indices, or of several labels per pixel ``(K, rows, W)`` of 0 and 1.
        probabilities: ``(K, rows, W)`` float32, of the binary task ``(1, rows, W)``; None where they are not asked for.
    """

    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32] | None


def predict_rows(
    predictor: Predictor, source: Source, inference: Inference, probabilities: bool = False, at_once: int | None = None
) -> Iterator[Band]:
    """Yield the prediction of an image band by band, from the top.

    In tiles, one row of them is in memory at a time; whole, or where small regions and holes are cleaned, the labels
    of the whole image are.

    Args:
        predictor: The model.
        source: The image.
        inference: Tiles, views, thresholds, and what is cleaned.
        probabilities: Whether these are wanted, too.
        at_once: Tiles that are predicted at once; None for one on a CPU, four elsewhere.

    Yields:
        Bands; the rows of all together are those of the image.

    Raises:
        PredictorError: If the model is not for such an image, or gives no probabilities where these are needed.
    """
    at_once = at_once or (1 if predictor.device == "cpu" else _AT_ONCE)
    bands = _bands(predictor, source, inference, probabilities, at_once)
    yield from _cleaned(bands, inference) if inference.cleans else bands


def predict_image(predictor: Predictor, pixels: Images, inference: Inference, probabilities: bool = False) -> Band:
    """Predict an image that is in memory; see :func:`predict_rows`.

    Args:
        predictor: The model.
        pixels: ``(H, W, C)``.
        inference: Tiles, views, thresholds, and what is cleaned.
        probabilities: Whether these are wanted, too.
    """
    return _joined(list(predict_rows(predictor, WholeImage(pixels), inference, probabilities)))


def _bands(
    predictor: Predictor, source: Source, inference: Inference, probabilities: bool, at_once: int
) -> Iterator[Band]:
    decides_alike = inference.thresholds == predictor.thresholds
    if decides_alike and not probabilities and not inference.averages(source.height, source.width):
        yield Band(predictor.labels(source.rows(0, source.height)[None])[0], None)
        return

    def read(first: int, last: int) -> Tensor:
        pixels = np.ascontiguousarray(source.rows(first, last))
        return torch.from_numpy(pixels).permute(2, 0, 1)[None]

    def forward(images: Tensor, part: Part) -> Tensor:
        return torch.from_numpy(predictor.probabilities(images.permute(0, 2, 3, 1).numpy()))

    def reduce(found: Tensor) -> tuple[Tensor, ...]:
        labels = inference.labels(found)[0]
        return (labels, found[0]) if probabilities else (labels,)

    for labels, *found in inference.rows(source.height, source.width, read, forward, reduce, at_once):
        yield Band(labels.numpy(), found[0].numpy() if found else None)


def _cleaned(bands: Iterator[Band], inference: Inference) -> Iterator[Band]:
    """Yield the bands of the cleaned label map, which needs all of it."""
    kept = list(bands)
    whole = torch.from_numpy(np.concatenate([band.labels for band in kept], axis=-2))
    labels, first = inference.clean(whole[None])[0].numpy(), 0
    for band in kept:
        last = first + band.labels.shape[-2]
        yield band._replace(labels=labels[..., first:last, :])
        first = last


def _joined(bands: list[Band]) -> Band:
    def whole(parts: list[Any]) -> NDArray[Any]:
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-2)

    found = [band.probabilities for band in bands if band.probabilities is not None]
    return Band(whole([band.labels for band in bands]), whole(found) if found else None)

"""A prediction as it is sent: a PNG of class indices, or JSON with all that the page shows."""

import base64
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcli.predict.apply import Band

_FAST = 1
"""Of zlib's levels: label maps are large areas, which any level makes small."""


def index_png(labels: NDArray[np.uint8], palette: NDArray[np.uint8] | None = None) -> bytes:
    """Return ``(H, W)`` class indices as PNG.

    Args:
        labels: The indices.
        palette: ``(K, 3)`` uint8 RGB colours, as which they are shown; None for grey levels.
    """
    picture = Image.fromarray(labels)
    if palette is not None:
        picture.putpalette(palette.tobytes())
    return _png(picture)


def answer_json(
    band: Band,
    classes: Sequence[str],
    about: dict[str, Any],
    confidence: bool = False,
    picture: NDArray[np.uint8] | None = None,
) -> bytes:
    """Return a prediction as JSON; pictures in it are PNG in base64.

    Args:
        band: Labels, and probabilities where confidence is wanted.
        classes: Names.
        about: What else to say.
        confidence: Whether to say how sure the model is of every pixel.
        picture: ``(H, W, 3)`` uint8, what a browser is to show that cannot show the file.
    """
    labels, multilabel = band.labels, band.labels.ndim == 3
    height, width = labels.shape[-2:]
    counts = labels.sum(axis=(1, 2)) if multilabel else np.bincount(labels.ravel(), minlength=len(classes))
    found: dict[str, Any] = {
        **about,
        "height": height,
        "width": width,
        "classes": [
            {"name": name, "pixels": int(count), "share": int(count) / (height * width)}
            for name, count in zip(classes, counts, strict=True)
        ],
    }
    if multilabel:
        found["masks"] = [_text(_png(Image.fromarray(mask == 1))) for mask in labels]
    else:
        found["labels"] = _text(index_png(labels))
    if confidence and band.probabilities is not None:
        sure = np.rint(of_decision(labels, band.probabilities) * 255).astype(np.uint8)
        maps = [_text(_png(Image.fromarray(each))) for each in (sure if multilabel else [sure])]
        found["confidence"] = maps if multilabel else maps[0]
    if picture is not None:
        found["picture"] = _text(_png(Image.fromarray(picture)))
    return json.dumps(found, ensure_ascii=False).encode()


def of_decision(labels: NDArray[np.uint8], probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probability of what was decided, ``(H, W)``, or of several labels per pixel ``(K, H, W)``.

    Args:
        labels: ``(H, W)`` class indices, or ``(K, H, W)`` of 0 and 1.
        probabilities: ``(K, H, W)``; ``K = 1`` is the binary task, that of the second class.
    """
    if labels.ndim == 3:
        return np.where(labels == 1, probabilities, 1 - probabilities)
    if len(probabilities) == 1:
        return np.where(labels == 1, probabilities[0], 1 - probabilities[0])
    return np.take_along_axis(probabilities, labels[None].astype(np.intp), axis=0)[0]


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", compress_level=_FAST)
    return buffer.getvalue()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")

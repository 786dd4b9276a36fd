"""Suggested images to look at: image, what the model says of it, and where it is unsure."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import torch
from numpy.typing import NDArray

from segcli.inference.decision import decide
from segcli.inference.picture import Picture, as_picture, grid, legend, overlay, title
from segcli.inspection.preview import LONGEST_PX
from segcli.suggest.measure import Look, Measurer
from segcli.suggest.suggestions import Suggestion

MOST = 24
"""Images of a grid, the first ones."""
TITLES = ("image", "prediction", "uncertainty")
_SCALE = "uncertainty: black 0, yellow 1"
_COLUMNS = 2
_LETTER_PX, _LEAST_PX, _GAP_PX = 7, 300, 8


def suggestions_grid(
    chosen: Sequence[Suggestion], measurer: Measurer, channels: Sequence[int] | None = None
) -> Picture:
    """Return a picture of the first images, two in a row, rank and name above each, and the classes' colours below.

    Args:
        chosen: The images, at least one; they are looked at again.
        measurer: The model.
        channels: Of an image that are shown; None for the first three.
    """
    cells = [_cell(each, measurer, channels) for each in chosen[:MOST]]
    pictures = grid([cells[at : at + _COLUMNS] for at in range(0, len(cells), _COLUMNS)], _GAP_PX)
    of = measurer.predictor
    return grid([[pictures], [legend(of.classes, of.palette, pictures.shape[1])], [title(_SCALE)]], _GAP_PX)


def _cell(chosen: Suggestion, measurer: Measurer, channels: Sequence[int] | None) -> Picture:
    found, of = measurer.look(chosen.image), measurer.predictor
    step = -(-max(found.image.shape[:2]) // LONGEST_PX)
    image = as_picture(found.image[::step, ::step], channels)
    painted = overlay(image, _labels(found, of.kind.multilabel)[..., ::step, ::step], of.palette)
    unsure = _heat(found.uncertainty[::step, ::step])
    row = grid([[title(text) for text in TITLES], [image, painted, unsure]])
    told = f"{chosen.rank}  {chosen.image.name}  {chosen.uncertainty:.3f}"
    most = max(row.shape[1], _LEAST_PX) // _LETTER_PX
    return grid([[title(told if len(told) <= most else f"{told[: most - 1]}…")], [row]])


def _labels(found: Look, multilabel: bool) -> NDArray[np.uint8]:
    labels: NDArray[np.uint8] = decide(torch.from_numpy(found.probabilities[None]), multilabel)[0].numpy()
    return labels


def _heat(values: NDArray[np.float32]) -> Picture:
    """Paint ``(H, W)`` values from 0 to 1."""
    table = np.rint(mpl.colormaps["inferno"](np.arange(256))[:, :3] * 255).astype(np.uint8)
    painted: Picture = table[np.rint(values * 255).astype(np.uint8)]
    return painted

"""Pictures of exactly what the model gets: images after the transforms, and their masks."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcli.datasets.sample_dataset import SampleDataset
from segcli.inference.picture import Picture, as_picture, grid, legend, overlay, striped, title
from segcli.sample import IGNORE_INDEX

IGNORED = "ignored"
MARK = (255, 0, 255)
"""Colour of stripes over pixels that no loss and no metric sees; no palette here has it."""
WIDTH_PX = 2000
"""Of a row of samples at most, unless a single one is wider."""
LONGEST_PX = 640
"""Side of an image above which every second, third, ... pixel is shown."""
_STRIPE_PX, _PERIOD_PX = 2, 8
_GAP_PX = 6
_LETTER_PX = 7


def spread_indices(length: int, number: int) -> list[int]:
    """Return so many positions of a split, evenly spread; all if there are fewer."""
    number = min(length, number)
    return [position * length // number for position in range(number)]


def preview(
    dataset: SampleDataset,
    indices: Sequence[int],
    palette: NDArray[np.uint8],
    classes: Sequence[str],
    channels: Sequence[int] | None = None,
) -> Picture:
    """Return samples of the first epoch in rows: image and mask over it, names above, and the classes' colours below.

    Args:
        dataset: The split, with its transforms.
        indices: Positions of the samples; at least one.
        palette: ``(K, 3)`` RGB colours.
        classes: Names, K.
        channels: Of the image that are shown; None for the first three.

    Returns:
        ``(H, W, 3)`` uint8.

    Raises:
        DataError: If a file is at fault, or a transform fails.
    """
    names, cells, has_ignored = dataset.ids(), list[Picture](), False
    for index in indices:
        sample = dataset[(0, index)]
        image, mask = as_picture(sample["image"].permute(1, 2, 0).numpy(), channels), sample["mask"].numpy()
        step = -(-max(image.shape[:2]) // LONGEST_PX)
        shown = marked(image[::step, ::step], mask[..., ::step, ::step], palette)
        has_ignored = has_ignored or bool((mask == IGNORE_INDEX).any())
        pair = grid([[image[::step, ::step], shown]])
        cells.append(grid([[_name(names[index], pair.shape[1])], [pair]]))
    widest = max(cell.shape[1] for cell in cells)
    columns = max(1, min(len(cells), (WIDTH_PX + _GAP_PX) // (widest + _GAP_PX)))
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    pictures = grid(rows, separator_px=_GAP_PX)
    named = [*classes, IGNORED] if has_ignored else classes
    colours = np.concatenate([palette, np.array([MARK], np.uint8)]) if has_ignored else palette
    return grid([[pictures], [legend(named, colours, pictures.shape[1])]], separator_px=_GAP_PX)


def marked(image: NDArray[np.uint8], mask: NDArray[np.uint8], palette: NDArray[np.uint8]) -> Picture:
    """Paint the classes over an image, and stripes over what is ignored.

    Args:
        image: ``(H, W, C)``.
        mask: ``(H, W)`` class indices, or ``(K, H, W)`` of 0 and 1, or ``IGNORE_INDEX``.
        palette: ``(K, 3)`` RGB colours.
    """
    painted = overlay(image, mask, palette)
    labels = striped(mask) if mask.ndim == 3 else mask
    rows, columns = np.indices(labels.shape)
    is_stripe = (rows + columns) % _PERIOD_PX < _STRIPE_PX
    painted[is_stripe & (labels == IGNORE_INDEX)] = MARK
    return painted


def png(picture: Picture) -> bytes:
    """Return a picture as the content of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()


def _name(name: str, width: int) -> Picture:
    """Return the end of a name as a strip of at most a width in pixels."""
    most = max(width // _LETTER_PX, 4)
    return title(name if len(name) <= most else f"…{name[1 - most :]}")[:, :width]

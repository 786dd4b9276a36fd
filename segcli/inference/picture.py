"""Label maps as pictures. Pure functions of NumPy arrays; all pictures are ``(H, W, 3)`` uint8 RGB."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from segcli.sample import IGNORE_INDEX

Picture = NDArray[np.uint8]

SEPARATOR_PX = 2
WHITE = 255
IGNORED = (0, 0, 0)


def colourise(labels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> Picture:
    """Paint every pixel in the colour of its class.

    Args:
        labels: ``(H, W)`` class indices; pixels with ``IGNORE_INDEX`` turn black.
        palette: ``(K, 3)`` RGB colours.

    Raises:
        ValueError: If a class has no colour.
    """
    table = np.zeros((256, 3), np.uint8)
    table[: len(palette)] = palette
    table[IGNORE_INDEX] = IGNORED
    highest = int(labels[labels != IGNORE_INDEX].max(initial=0))
    if highest >= len(palette):
        raise ValueError(f"a label map has class {highest}, expected at most {len(palette) - 1}: the palette's length.")
    return table[labels]


def as_picture(image: NDArray[np.uint8]) -> Picture:
    """Show an ``(H, W)`` or ``(H, W, C)`` image as RGB; of four channels the first three, else the first as grey."""
    channels = image[..., None] if image.ndim == 2 else image
    colour = channels[..., :3] if channels.shape[-1] >= 3 else np.repeat(channels[..., :1], 3, axis=-1)
    return np.ascontiguousarray(colour)


def overlay(
    image: NDArray[np.uint8], labels: NDArray[np.uint8], palette: NDArray[np.uint8], alpha: float = 0.5
) -> Picture:
    """Blend the classes' colours into an image; ignored pixels stay as they are.

    Args:
        image: ``(H, W)`` or ``(H, W, C)``.
        labels: ``(H, W)`` class indices or ``IGNORE_INDEX``.
        palette: ``(K, 3)`` RGB colours.
        alpha: Share of the colour, 0 to 1.
    """
    picture = as_picture(image)
    share = np.where(labels == IGNORE_INDEX, 0.0, alpha)[..., None].astype(np.float32)
    blended = picture * (1 - share) + colourise(labels, palette) * share
    return np.rint(blended).astype(np.uint8)


def grid(rows: Sequence[Sequence[Picture]], separator_px: int = SEPARATOR_PX) -> Picture:
    """Put pictures side by side and rows below each other, with thin white separators.

    Pictures may differ in size: each stands at the top left of its cell, the rest of the cell is white.

    Args:
        rows: At least one row of at least one picture.
        separator_px: Width of the separators in pixels.
    """
    return _stack([_stack(row, 1, separator_px) for row in rows], 0, separator_px)


def comparison_grid(
    panels: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8] | None, NDArray[np.uint8]]],
    palette: NDArray[np.uint8],
    classes: Sequence[str],
    alpha: float = 0.6,
) -> Image.Image:
    """Put image, truth where there is one, and prediction side by side, a row per panel, the classes' names below.

    Args:
        panels: Image ``(H, W)`` or ``(H, W, C)``, truth ``(H, W)`` or None, prediction ``(H, W)``.
        palette: ``(K, 3)`` RGB colours.
        classes: Names, K.
        alpha: Share of the classes' colours over the image, 0 to 1.
    """
    rows = []
    for image, truth, prediction in panels:
        maps = [labels for labels in (truth, prediction) if labels is not None]
        rows.append([as_picture(image), *(overlay(image, labels, palette, alpha) for labels in maps)])
    pictures = grid(rows)
    return Image.fromarray(grid([[pictures], [legend(classes, palette, pictures.shape[1])]]))


def legend(classes: Sequence[str], palette: NDArray[np.uint8], width: int, row_px: int = 18) -> Picture:
    """Return a strip with the colour and the name of every class, in as many rows as fit the width.

    Args:
        classes: Names, K.
        palette: ``(K, 3)`` RGB colours.
        width: Width of the strip in pixels.
        row_px: Height of a row in pixels.
    """
    font = ImageFont.load_default(row_px * 0.65)
    swatch = row_px - 6
    places, x, row = [], 4, 0
    for name in classes:
        needed = swatch + 5 + round(font.getlength(name)) + 10
        if x > 4 and x + needed > width:
            x, row = 4, row + 1
        places.append((x, row))
        x += needed
    strip = Image.new("RGB", (width, row_px * (row + 1)), "white")
    pen = ImageDraw.Draw(strip)
    for name, colour, (left, line) in zip(classes, palette.tolist(), places, strict=True):
        top = line * row_px + 3
        pen.rectangle((left, top, left + swatch - 1, top + swatch - 1), fill=tuple(colour))
        pen.text((left + swatch + 5, line * row_px + row_px / 2), name, fill="black", font=font, anchor="lm")
    return np.array(strip)


def _stack(pictures: Sequence[Picture], axis: int, separator_px: int) -> Picture:
    across = 1 - axis
    extent = max(picture.shape[across] for picture in pictures)
    padded = []
    for number, picture in enumerate(pictures):
        pad = [(0, 0), (0, 0), (0, 0)]
        pad[across] = (0, extent - picture.shape[across])
        pad[axis] = (separator_px * (number > 0), 0)
        padded.append(np.pad(picture, pad, constant_values=WHITE))
    return np.concatenate(padded, axis=axis)

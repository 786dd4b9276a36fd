"""Label maps as pictures. Pure functions of NumPy arrays; all pictures are ``(H, W, 3)`` uint8 RGB."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from segcli.datasets.shown_channels import shown_channels
from segcli.sample import IGNORE_INDEX

Picture = NDArray[np.uint8]

SEPARATOR_PX = 2
WHITE = 255
IGNORED = (0, 0, 0)
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow's mode L
LETTER = 0.65  # height of letters in a row of text
STRIPES = 64  # along the shorter side of a picture, so that they are still seen when it is shown small
TITLES = ("image", "truth", "prediction")


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


def as_picture(image: NDArray[Any], channels: Sequence[int] | None = None) -> Picture:
    """Show an ``(H, W)`` or ``(H, W, C)`` image as RGB, one channel as grey.

    Args:
        image: uint8, uint16 or float32.
        channels: As of :func:`~segcli.datasets.shown_channels.shown_channels`.
    """
    shown = shown_channels(image, channels)
    return np.repeat(shown[..., None], 3, axis=-1) if shown.ndim == 2 else shown


def overlay(
    image: NDArray[np.uint8], labels: NDArray[np.uint8], palette: NDArray[np.uint8], alpha: float = 0.5
) -> Picture:
    """Blend the classes' colours into the brightness of an image; ignored pixels stay as they are, in colour.

    Brightness alone, since over a green lawn the blue of a class would look like the cyan of another. Pixels of several
    classes get stripes in the colours of all, pixels of none brightness without colour.

    Args:
        image: ``(H, W)`` or ``(H, W, C)``.
        labels: ``(H, W)`` class indices or ``IGNORE_INDEX``; or ``(K, H, W)`` masks of 0, 1 and ``IGNORE_INDEX``.
        palette: ``(K, 3)`` RGB colours.
        alpha: Share of the colour, 0 to 1.
    """
    picture = as_picture(image)
    grey = (picture @ LUMA)[..., None]
    if labels.ndim == 3:
        is_some = np.asarray(labels.any(axis=0))[..., None]
        labels = striped(labels)
    else:
        is_some = np.array(True)
    share = np.float32(alpha) * is_some
    blended = np.rint(grey * (1 - share) + colourise(labels, palette) * share).astype(np.uint8)
    return np.where(labels[..., None] == IGNORE_INDEX, picture, blended)


def striped(masks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make one label map of a mask per class: where classes overlap, they take turns in diagonal stripes.

    Args:
        masks: ``(K, H, W)`` of 0, 1 and ``IGNORE_INDEX``.

    Returns:
        ``(H, W)`` class indices; 0 where there is no class, and ``IGNORE_INDEX`` where none is known and one ignored.
    """
    present = masks == 1
    count = present.sum(axis=0)
    rows, columns = np.indices(masks.shape[1:], dtype=np.int32)
    stripe_px = max(4, min(masks.shape[1:]) // STRIPES)
    turn = (rows + columns) // stripe_px % np.maximum(count, 1)
    chosen = present & (present.cumsum(axis=0) == turn + 1)
    labels = chosen.argmax(axis=0).astype(np.uint8)
    labels[(count == 0) & (masks == IGNORE_INDEX).any(axis=0)] = IGNORE_INDEX
    return labels


def grid(rows: Sequence[Sequence[Picture]], separator_px: int = SEPARATOR_PX) -> Picture:
    """Put pictures side by side and rows below each other, with thin white separators.

    Pictures may differ in size: each stands at the top left of its cell, the rest of the cell is white. Columns are as
    wide as their widest picture, rows as high as their highest.

    Args:
        rows: At least one row of at least one picture.
        separator_px: Width of the separators in pixels.
    """
    widths = [max(picture.shape[1] for picture in column if picture is not None) for column in zip_longest(*rows)]
    heights = [max(picture.shape[0] for picture in row) for row in rows]
    lefts, tops = (np.cumsum([0, *sizes]) + separator_px * np.arange(len(sizes) + 1) for sizes in (widths, heights))
    canvas = np.full((tops[-1] - separator_px, lefts[-1] - separator_px, 3), WHITE, np.uint8)
    for row, top in zip(rows, tops, strict=False):
        for picture, left in zip(row, lefts, strict=False):
            canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return canvas


def comparison_grid(
    panels: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8] | None, NDArray[np.uint8]]],
    palette: NDArray[np.uint8],
    classes: Sequence[str],
    alpha: float = 0.6,
) -> Image.Image:
    """Put image, truth and prediction side by side, a row per panel, titles above and the classes' names below.

    Where only some panels have a truth, that of the others stays white; where none has, there is no such column.

    Args:
        panels: Image ``(H, W)`` or ``(H, W, C)``, truth or None, prediction; these ``(H, W)`` or ``(K, H, W)``, as in
            :func:`overlay`.
        palette: ``(K, 3)`` RGB colours.
        classes: Names, K.
        alpha: Share of the classes' colours over the image, 0 to 1.
    """
    with_truth = any(truth is not None for _, truth, _ in panels)
    rows = [[title(name) for name in TITLES if with_truth or name != "truth"]]
    for image, truth, prediction in panels:
        painted = [overlay(image, labels, palette, alpha) for labels in (truth, prediction) if labels is not None]
        if with_truth and truth is None:
            painted.insert(0, np.full_like(painted[0], WHITE))
        rows.append([as_picture(image), *painted])
    pictures = grid(rows)
    return Image.fromarray(grid([[pictures], [legend(classes, palette, pictures.shape[1])]]))


def title(text: str, row_px: int = 18) -> Picture:
    """Return a text in black on white, as wide as it needs.

    Args:
        text: What to write.
        row_px: Height of the picture in pixels.
    """
    font = ImageFont.load_default(row_px * LETTER)
    strip = Image.new("RGB", (round(font.getlength(text)) + 6, row_px), "white")
    ImageDraw.Draw(strip).text((3, row_px / 2), text, fill="black", font=font, anchor="lm")
    return np.array(strip)


def legend(classes: Sequence[str], palette: NDArray[np.uint8], width: int, row_px: int = 18) -> Picture:
    """Return a strip with the colour and the name of every class, in as many rows as fit the width.

    Args:
        classes: Names, K.
        palette: ``(K, 3)`` RGB colours.
        width: Width of the strip in pixels.
        row_px: Height of a row in pixels.
    """
    font = ImageFont.load_default(row_px * LETTER)
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

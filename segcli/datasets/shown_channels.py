"""Show an image of any number of channels and any depth as a picture of 8 bits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.image_channels import ImageForm
from segcli.datasets.image_file import ImageMode
from segcli.sample import DataError

_PERCENTILES = (2, 98)
"""Shown as black and white; of an image, not of a data set: clouds shall not darken a field in another."""


_PIXELS = 250_000
"""Of an image that tell its percentiles."""


def shown_channels(image: NDArray[Any], channels: Sequence[int] | None = None) -> NDArray[np.uint8]:
    """Return the channels that a picture shows, ``(H, W, 3)`` uint8, or ``(H, W)`` of one.

    Images of 8 bits keep their values, others are stretched, each channel between its 2nd and 98th percentile.

    Args:
        image: ``(H, W, C)`` or ``(H, W)`` uint8, uint16 or float32.
        channels: One or three of them, red first, counted from 1; None for the first three, or, of two, the first.
    """
    image = image[..., None] if image.ndim == 2 else image
    chosen = [channel - 1 for channel in channels] if channels else [0, 1, 2] if image.shape[-1] >= 3 else [0]
    shown = image[..., chosen]
    if shown.dtype != np.uint8:
        step = max(1, round((shown.shape[0] * shown.shape[1] / _PIXELS) ** 0.5))
        low, high = np.percentile(shown[::step, ::step], _PERCENTILES, axis=(0, 1)).astype(np.float32)
        scaled = (shown.astype(np.float32) - low) * (255 / np.where(high > low, high - low, np.float32(1)))
        shown = np.rint(scaled.clip(0, 255)).astype(np.uint8)
    return np.ascontiguousarray(shown[..., 0] if len(chosen) == 1 else shown)


def require_shown(channels: Sequence[int] | None, mode: ImageMode, form: ImageForm | None = None) -> None:
    """Refuse channels that pictures cannot show.

    Args:
        channels: Value of ``data.display_channels``.
        mode: Value of ``data.image_mode``.
        form: Of the images; None where it is not known yet.

    Raises:
        DataError: If there are not one or three, the mode says them, or the images do not have them.
    """
    if channels is None:
        return
    if mode != "native":
        raise DataError(f"data.display_channels got {[*channels]}, expected none where data.image_mode is {mode}.")
    most = None if form is None else form.channels
    if len(channels) not in (1, 3) or min(channels) < 1 or max(channels) > (most or max(channels)):
        known = "from 1" if most is None else f"1 to {most}"
        raise DataError(
            f"data.display_channels got {[*channels]}, expected one channel, or those for red, green and blue, counted "
            f"{known}."
        )

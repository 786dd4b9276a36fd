"""Read a mask file as the integers it holds."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcli.datasets.image_file import opened, turned_upright
from segcli.sample import DataError


def read_mask(path: Path) -> NDArray[np.integer]:
    """Return the mask's pixel values as ``(H, W)`` integers.

    Grey values of 1, 8, 16 or 32 bits (1-bit masks hold 0 and 1), the indices of a palette, and colour images whose
    channels are equal. EXIF orientation is applied, as it is to images.

    Raises:
        DataError: If the file is unreadable, truncated, in colour, transparent, or holds floats.
    """
    with opened(path) as image:
        upright = turned_upright(image)
        if upright.mode in ("L", "P") or upright.mode.startswith("I"):
            return np.array(upright)
        if upright.mode == "1":
            return np.array(upright).astype(np.uint8)
        if upright.mode in ("LA", "RGB", "RGBA"):
            return _grey(upright, path)
        raise DataError(
            f"{path} has mode {upright.mode}, expected a mask of integers; save it as a grey or palette PNG."
        )


def require_equal_sizes(image: Path, size: tuple[int, ...], mask: Path, mask_size: tuple[int, ...]) -> None:
    """Refuse a mask of another height or width than its image.

    Raises:
        DataError: If they differ; names both files.
    """
    if size != mask_size:
        raise DataError(
            f"{image} is {size[0]} x {size[1]} px, its mask {mask} is {mask_size[0]} x {mask_size[1]} px "
            "(height x width, EXIF orientation applied), expected equal sizes; resize the mask without interpolation, "
            "or remove the EXIF orientation."
        )


def _grey(image: Image.Image, path: Path) -> NDArray[np.uint8]:
    pixels = np.array(image)
    colours = pixels if image.mode == "RGB" else pixels[..., :-1]
    if image.mode != "RGB" and (pixels[..., -1] != 255).any():
        raise DataError(f"{path} is partly transparent, expected opaque pixels; save the mask without alpha.")
    differ = (colours != colours[..., :1]).any(axis=-1)
    if differ.any():
        example = tuple(colours[differ][0].tolist())
        raise DataError(
            f"{path} is a colour image ({int(differ.sum())} pixels such as {example}), expected one integer per pixel; "
            "save the mask as a grey or palette PNG whose values are classes."
        )
    return colours[..., 0].copy()

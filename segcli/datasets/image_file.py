"""Read an image file as uint8, or say what is wrong with it.

EXIF orientation is applied, to images and masks alike: the arrays are what a viewer shows and what an annotation tool
let people draw on. (In a PNG, where it stands before the pixels, as writers put it: to look behind them is to decode.)
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from segcli.sample import DataError

ImageMode = Literal["RGB", "L", "RGBA"]

NO_PICTURES = frozenset({"PDF", "MPEG", "HDF5", "GRIB", "BUFR"})  # Pillow writes these, or only names them
EXTENSIONS = frozenset(
    extension
    for extension, kind in Image.registered_extensions().items()
    if kind in Image.OPEN and kind not in NO_PICTURES
)
"""Files with other extensions in a folder of images are not images."""

ORIENTATION = 0x0112  # EXIF tag; 1 is upright, 5 to 8 swap height and width


def read_image(path: Path, mode: ImageMode) -> NDArray[np.uint8]:
    """Return the image as ``(H, W, C)`` uint8, C = 3 for RGB and 4 for RGBA, or ``(H, W)`` for L.

    A palette is looked up, CMYK converted, an alpha channel dropped unless ``mode`` is RGBA.

    Raises:
        DataError: If the file is unreadable, truncated, holds several pictures, or more than 8 bits per channel.
    """
    data = _read_bytes(path)
    with opened(path, data) as image:
        require_eight_bits(image, path)
        if mode == "RGB" and (pixels := _decode_fast(image, data)) is not None:
            return pixels
        return np.array(turned_upright(image).convert(mode))


def read_size(path: Path) -> tuple[int, int]:
    """Return the height and width in pixels that :func:`read_image` will give, from the file's header.

    Raises:
        DataError: If the header is unreadable.
    """
    with opened(path) as image:
        return image.size if _orientation(image) >= 5 else (image.height, image.width)


@contextmanager
def opened(path: Path, data: bytes | None = None) -> Iterator[Image.Image]:
    """Open a picture with Pillow, turning its errors, also those of later decoding, into :class:`DataError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # odd metadata; what breaks the pixels raises as well
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # large, but Pillow still decodes it
            with Image.open(path if data is None else io.BytesIO(data)) as image:
                frames = getattr(image, "n_frames", 1)
                if frames > 1 and image.format != "MPO":  # MPO: a photo with its preview
                    raise DataError(f"{path} holds {frames} pictures, expected 1; split it into files.")
                yield image
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise DataError(f"{path}: {error}; cut it into tiles.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow's plugins raise on broken files
        raise DataError(f"{path} cannot be read as an image ({error}); replace or remove it.") from error


def require_eight_bits(image: Image.Image, path: Path) -> None:
    """Refuse what Pillow would clip or cut to 8 bits without a word."""
    deep_rgb = any(";16" in str(tile.args) for tile in getattr(image, "tile", []))
    if image.mode.startswith(("I", "F")) or deep_rgb:
        bits = "floats" if image.mode == "F" else "more than 8 bits per channel"
        raise DataError(f"{path} holds {bits} (mode {image.mode}), expected 8; convert it and choose the value range.")


def turned_upright(image: Image.Image) -> Image.Image:
    """Return the picture as its EXIF orientation says it should be seen."""
    return image if _orientation(image) == 1 else ImageOps.exif_transpose(image)


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow itself turns them, and tells the upright size
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # getexif() would decode the whole picture to look behind the pixels
    return image.getexif().get(ORIENTATION, 1)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).") from error


def _decode_fast(image: Image.Image, data: bytes) -> NDArray[np.uint8] | None:
    """Decode by OpenCV where it gives the pixels of Pillow: 1.15 times faster for PNG, 1.4 times for JPEG."""
    whole = image.format == "PNG" or (image.format == "JPEG" and data.endswith(b"\xff\xd9"))  # cv2 pads cut JPEGs
    if image.mode != "RGB" or _orientation(image) != 1 or not whole:
        return None
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)  # None where broken: Pillow then tells why
    return None if pixels is None else pixels.astype(np.uint8, copy=False)

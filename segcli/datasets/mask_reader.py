"""How the file of a mask becomes an integer per pixel: its values, its visible colours, or the side of a threshold."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.image_file import read_size
from segcli.datasets.mask_file import read_mask
from segcli.datasets.raster_file import opened, read_bytes, require_whole, turned_upright
from segcli.datasets.stored_pixels import StoredPixels
from segcli.sample import DataError

LOW, HIGH = 0, 255
"""What a threshold makes of values below it, and of others."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class MaskReader(ABC):
    """Read a mask: the contract of ``data.reader``.

    One of your own needs ``__call__`` alone; if files have a header that tells the size, :meth:`size` saves reading
    them whole. ``mask_values`` and its fellows say what the integers stand for. Caches are named by the class, the
    attributes and the text of the module: what it is set to by other means they do not know. It is pickled where
    processes that load images are spawned.

    Attributes:
        shown: Writes a value as experiments do; None for numbers.
    """

    shown: Callable[[int], str] | None = None

    @abstractmethod
    def __call__(self, path: Path, data: bytes | None = None) -> NDArray[np.integer]:
        """Return ``(H, W)`` integers.

        Args:
            path: The file.
            data: Its content, where that was read already.

        Raises:
            DataError: If the file is at fault, or it is not sure what is meant.
        """

    def size(self, path: Path) -> tuple[int, int]:
        """Return height and width of a mask in pixels.

        Raises:
            DataError: If the file is at fault.
        """
        height, width = self(path).shape
        return height, width

    def __repr__(self) -> str:
        """Return what decides how masks are read, for names of caches."""
        return f"{type(self).__name__} {vars(self)}"


class PictureReader(MaskReader):
    """Read a mask that is a picture."""

    def size(self, path: Path) -> tuple[int, int]:
        """Return height and width of a mask in pixels, from the header."""
        return read_size(path)


class ValueReader(PictureReader):
    """Read the integers that a mask holds; see :func:`~segcli.datasets.mask_file.read_mask`."""

    def __call__(self, path: Path, data: bytes | None = None) -> NDArray[np.integer]:
        """Return ``(H, W)`` integers."""
        return read_mask(path, data)


def _colour(value: int) -> str:
    return f"#{value:06x}"


class ColourReader(PictureReader):
    """Read the colours that a viewer shows, red first: ``#ff8000`` is 0xff8000.

    Args:
        threshold: Smallest value of a channel that is read as 255, smaller ones being read as 0; None reads colours as
            they are.
    """

    shown = staticmethod(_colour)

    def __init__(self, threshold: int | None = None) -> None:
        self.threshold = threshold

    def __call__(self, path: Path, data: bytes | None = None) -> NDArray[np.integer]:
        """Return ``(H, W)`` int32 colours, 0 to 0xffffff."""
        pixels = _opaque(path, data, "RGB").astype(np.int32)
        if self.threshold is not None:
            pixels = np.where(pixels >= self.threshold, HIGH, LOW)
        return pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]


class ThresholdReader(PictureReader):
    """Read grey values, of which only the side of a threshold counts: masks that were saved as JPEG.

    Args:
        threshold: Smallest value that is read as 255, 1 to 255; others are read as 0.
    """

    def __init__(self, threshold: int) -> None:
        self.threshold = threshold

    def __call__(self, path: Path, data: bytes | None = None) -> NDArray[np.integer]:
        """Return ``(H, W)`` uint8 of 0 and 255."""
        return np.where(_opaque(path, data, "L") >= self.threshold, np.uint8(HIGH), np.uint8(LOW))


def _opaque(path: Path, data: bytes | None, mode: str) -> NDArray[np.uint8]:
    """Return what a viewer shows of an opaque picture of 8 bits per channel, in a mode of Pillow's."""
    data = read_bytes(path) if data is None else data
    require_whole(path, data)
    with opened(path, data) as image:
        stored = StoredPixels.of(image, data)
        if stored.bits > 8 or stored.kind != "u" or image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA"):
            raise DataError(
                f"{path} has mode {image.mode} with {stored.bits} bits, expected a picture of 8 bits per channel; name "
                "its values in data.mask_values, without colours and data.mask_threshold."
            )
        upright = turned_upright(image)
        has_alpha = "A" in upright.mode or "transparency" in upright.info
        if has_alpha and (np.asarray(upright.convert("RGBA"))[..., 3] != HIGH).any():
            raise DataError(f"{path} is partly transparent, expected opaque pixels; save the mask without alpha.")
        return np.array(upright.convert(mode))


def parsed_value(key: int | str) -> int | str:
    """Return what a key of ``mask_values`` means: an integer, a colour as an integer, or the text itself."""
    if isinstance(key, int):
        return key
    if is_colour(key):
        return int(key[1:], 16)
    return int(key) if re.fullmatch(r"-?\d+", key) else key


def is_colour(key: int | str) -> bool:
    """Return whether a key is a colour, ``#rrggbb``."""
    return isinstance(key, str) and _COLOUR.fullmatch(key) is not None

"""Read a TIFF of any number of channels and any depth by tifffile."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from segcli.config.errors import in_a_line
from segcli.sample import DataError, is_out_of_memory

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of a TIFF."""
MOST_PAGES = 32
"""A TIFF with at most so many pages holds a channel in each; with more, it is a volume or a film."""
_MIN_IS_WHITE, _PALETTE, _YCBCR, _LAB = 0, 3, 6, (8, 9, 10)
_JPEG = (6, 7)
"""Compressions whose decoder makes RGB of YCbCr."""
_SWAPPED = 5
"""Orientations from here on swap height and width."""

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what breaks the pixels raises as well


class TiffChannels:
    """An opened TIFF.

    Args:
        file: As tifffile opens it.
        path: The file, for errors.

    Attributes:
        size: Height and width of the upright image in pixels.
        channels: Number of channels, C.
        dtype: Of the stored values.

    Raises:
        DataError: If it holds several pictures, or colours that are no channels.
    """

    def __init__(self, file: tifffile.TiffFile, path: Path) -> None:
        self._series, self._path = file.series[0], path
        page = self._series.keyframe
        others = [
            each
            for each in (*file.series[1:], *self._series.levels[1:])  # half as large ones count as levels
            if not (each.keyframe.is_reduced or each.keyframe.is_mask)
        ]
        if others:
            raise DataError(
                f"{path} holds pictures of {1 + len(others)} sizes or types, expected 1; split it into files."
            )
        if page.photometric in (_PALETTE, *_LAB) or (page.photometric == _YCBCR and page.compression not in _JPEG):
            raise DataError(f"{path} holds a palette, or colours of YCbCr or CIE L*a*b*; save it as RGB.")
        self._white = (1 << page.bitspersample) - 1
        self._orientation = int(page.tags.valueof("Orientation", 1))
        self._is_inverted = page.photometric == _MIN_IS_WHITE
        height, width, self.channels = self._laid_out(np.broadcast_to(np.uint8(0), self._series.shape)).shape
        self.size = (width, height) if self._orientation >= _SWAPPED else (height, width)
        self.dtype = np.dtype(self._series.dtype)

    def pixels(self) -> NDArray[Any]:
        """Return ``(H, W, C)`` of the stored values, upright."""
        pixels = self._laid_out(self._series.asarray())
        if self._is_inverted and pixels.dtype.kind in "bu":
            pixels = ~pixels if pixels.dtype == bool else pixels.dtype.type(self._white) - pixels
        return _upright(pixels, self._orientation)

    def _laid_out(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Put the axis of channels last."""
        axes = self._series.axes
        long = [
            at for at, (axis, length) in enumerate(zip(axes, pixels.shape, strict=True)) if axis in "YX" or length > 1
        ]
        pixels, axes = pixels.reshape([pixels.shape[at] for at in long]), "".join(axes[at] for at in long)
        if axes == "YX":
            return pixels[..., None]
        if axes == "YXS":
            return pixels
        if len(axes) == 3 and axes.endswith("YX") and (axes[0] in "SC" or pixels.shape[0] <= MOST_PAGES):
            return np.moveaxis(pixels, 0, -1)
        raise DataError(
            f"{self._path} holds an array of {' x '.join(map(str, pixels.shape))} (axes {axes}), expected one image of "
            f"channels, in at most {MOST_PAGES} pages; split it into files."
        )


@contextmanager
def opened_tiff(path: Path, data: bytes | None) -> Iterator[TiffChannels]:
    """Open a TIFF, turning errors, also those of later decoding, into :class:`DataError`.

    What OME's metadata say of other files is left alone: a file holds its own channels.

    Args:
        path: The file.
        data: Its content, where that was read already; None reads what is needed.
    """
    try:
        with tifffile.TiffFile(path if data is None else io.BytesIO(data), is_ome=False) as file:
            yield TiffChannels(file, path)
    except DataError:
        raise
    except Exception as error:  # whatever decoders of broken files raise
        if is_out_of_memory(error):
            raise
        raise DataError(f"{path} cannot be read as a TIFF ({in_a_line(error)}); replace or remove it.") from error


def _upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn pixels as a TIFF's orientation, 1 to 8, says."""
    if orientation >= _SWAPPED:
        pixels = pixels.swapaxes(0, 1)
    rows = -1 if orientation in (3, 4, 7, 8) else 1
    columns = -1 if orientation in (2, 3, 6, 7) else 1
    return pixels[::rows, ::columns]

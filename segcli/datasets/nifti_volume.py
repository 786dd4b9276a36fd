"""Read slices of a volume in NIfTI by nibabel, as they are stored: nothing is turned.

A compressed volume is decompressed whole, which is the only way to its last slice and to its checksum; some of those
that were read last are kept, for their next slices.
"""

import gzip
import logging
import os
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segcli.config.errors import in_a_line
from segcli.datasets.optional_module import optional_module
from segcli.datasets.parted_file import At, Grid, PartedFile
from segcli.datasets.raster_file import VOLUMES, read_bytes
from segcli.sample import DataError, is_out_of_memory

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

_GZIP = ".gz"
_KEPT_BYTES = 2**28
"""Of decompressed volumes that a process keeps, beside the last."""
_kept: OrderedDict[tuple[str, int, int], tuple[Any, int]] = OrderedDict()
_lock = threading.RLock()


def is_volume(path: Path) -> bool:
    """Return whether a file is called like a volume."""
    return path.name.lower().endswith(VOLUMES)


class NiftiVolume(PartedFile):
    """An opened volume of three axes; a fourth is of channels.

    Args:
        image: As nibabel opens it, with its header only.
        path: The file.

    Raises:
        DataError: If it has other axes, values of several parts, or a transform that is none.
    """

    def __init__(self, image: "Nifti1Image", path: Path) -> None:
        aff2axcodes = optional_module("nibabel.orientations", "medical", path).aff2axcodes
        self._image, self._path = image, path
        shape = tuple(map(int, image.shape))
        lengths = (*shape, *(1,) * (3 - len(shape)))
        if len(lengths) > 4 or 0 in lengths or image.get_data_dtype().fields is not None:
            what = " x ".join(map(str, shape))
            raise DataError(
                f"{path} holds {what} values of {image.get_data_dtype()}, expected a volume of three axes, or four of "
                "which the last is of channels, of plain numbers; save its parts as such."
            )
        if not np.isfinite(image.affine).all():
            raise DataError(f"{path} states a transform with values that are no numbers; correct its affine.")
        self.shape, self.channels = lengths[:3], lengths[3] if len(lengths) > 3 else 1
        self._lengths = lengths
        is_scaled = (image.dataobj.slope, image.dataobj.inter) != (1, 0)
        self.dtype = np.dtype(np.float64) if is_scaled else image.get_data_dtype().newbyteorder("=")
        self.orientation = "".join(code or "?" for code in aff2axcodes(image.affine))
        self.grid = Grid(tuple(tuple(map(float, row)) for row in image.affine))
        stored = int(image.dataobj.offset) + int(np.prod(shape)) * image.get_data_dtype().itemsize
        if path.suffix.lower() != _GZIP and path.stat().st_size < stored:
            raise DataError(f"{path} is cut off: {path.stat().st_size} of {stored} bytes; replace or remove it.")

    def pixels(self, at: At) -> NDArray[Any]:
        """Return the ``(H, W, C)`` values of a slice, scaled as the header says."""
        index = tuple(slice(each.start, each.stop) if isinstance(each, range) else each for each in at)
        if self._path.suffix.lower() != _GZIP:
            return self._sliced(self._image, index)
        with _lock:
            return self._sliced(_decompressed(self._image, self._path), index)

    def _sliced(self, image: "Nifti1Image", index: tuple[Any, ...]) -> NDArray[Any]:
        if len(image.shape) < 3:  # without the axes of length 1 at its end
            return np.asanyarray(image.dataobj).reshape(self._lengths)[index][..., None]
        pixels = np.array(image.dataobj[index])
        return pixels if len(image.shape) > 3 else pixels[..., None]


def _forget() -> None:
    """Begin anew in a forked process: a thread of the first may have held the lock."""
    global _lock
    _lock = threading.RLock()
    _kept.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def opened_volume(path: Path) -> Iterator[NiftiVolume]:
    """Open a volume, turning errors, also those of later reading, into :class:`DataError`.

    Args:
        path: The file.
    """
    nibabel = optional_module("nibabel", "medical", path)
    logging.getLogger("nibabel.global").setLevel(logging.CRITICAL)  # what breaks the pixels raises as well
    try:
        yield NiftiVolume(nibabel.load(path), path)
    except DataError:
        raise
    except Exception as error:  # whatever broken headers raise
        if is_out_of_memory(error):
            raise
        raise DataError(f"{path} cannot be read as NIfTI ({in_a_line(error)}); replace or remove it.") from error


def _decompressed(image: "Nifti1Image", path: Path) -> "Nifti1Image":
    """Return a volume in memory."""
    found = path.stat()
    key = str(path), found.st_mtime_ns, found.st_size
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key][0]
    try:
        data = gzip.decompress(read_bytes(path))
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} is cut off or damaged ({in_a_line(error)}); replace or remove it.") from None
    while _kept and sum(size for _, size in _kept.values()) + len(data) > _KEPT_BYTES:
        _kept.popitem(last=False)
    _kept[key] = type(image).from_bytes(data), len(data)
    return _kept[key][0]

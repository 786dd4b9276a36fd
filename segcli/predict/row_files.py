"""Files of maps that are written row by row: PNG, and GeoTIFF by rasterio."""

import contextlib
import struct
import warnings
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.optional_module import optional_module
from segcli.datasets.raster_file import PNG_SIGNATURE
from segcli.disk import whole_path
from segcli.predict.sources import Place

Rows = NDArray[Any]
_CACHE_MB = 64
_BLOCK = 512
"""Rows that a GeoTIFF is written in: its blocks' height, so that none is compressed twice."""


@contextlib.contextmanager
def small_cache() -> Iterator[None]:
    """Let GDAL keep 64 MB of blocks, in place of a twentieth of all memory, if it is here."""
    try:
        import rasterio
    except ImportError:
        yield
        return
    with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB):
        yield


class RowFile(ABC):
    """A file that appears whole when the block has ended, or not at all.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._whole = path, whole_path(path)

    def __enter__(self) -> "RowFile":
        """Begin to write."""
        self._begin(self._whole.__enter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it; after an error, leave nothing."""
        try:
            if kind is None:
                self._end()
            else:
                self._close()
        except BaseException as failed:
            self._whole.__exit__(type(failed), failed, failed.__traceback__)
            raise
        self._whole.__exit__(kind, error, trace)

    @abstractmethod
    def add(self, rows: Rows) -> None:
        """Write ``(rows, W)`` values, or ``(C, rows, W)`` of several channels."""

    @abstractmethod
    def _begin(self, temporary: Path) -> None: ...

    @abstractmethod
    def _end(self) -> None:
        """Write what is left, and close."""

    @abstractmethod
    def _close(self) -> None: ...


class PngFile(RowFile):
    """A PNG of one channel.

    Args:
        path: The file.
        size: Height and width in pixels.
        palette: ``(N, 3)`` RGB colours of the values; None for grey, 255 white.
        one_bit: Whether values are 0 and 1, black and white, in a bit each.
    """

    def __init__(
        self, path: Path, size: tuple[int, int], palette: NDArray[np.uint8] | None = None, one_bit: bool = False
    ) -> None:
        super().__init__(path)
        self._size, self._palette, self._one_bit = size, palette, one_bit
        self._deflate = zlib.compressobj(6)

    def add(self, rows: Rows) -> None:
        """Write ``(rows, W)`` uint8 values."""
        packed = np.packbits(rows, axis=1) if self._one_bit else rows
        filtered = np.concatenate([np.zeros((len(packed), 1), np.uint8), packed], axis=1)  # of type 0: as it is
        self._data(self._deflate.compress(filtered.tobytes()))

    def _begin(self, temporary: Path) -> None:
        self._file = temporary.open("wb")
        height, width = self._size
        depth, kind = 1 if self._one_bit else 8, 0 if self._palette is None else 3
        self._file.write(PNG_SIGNATURE)
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
        if self._palette is not None:
            self._chunk(b"PLTE", self._palette.tobytes())

    def _end(self) -> None:
        self._data(self._deflate.flush())
        self._chunk(b"IEND", b"")
        self._close()

    def _close(self) -> None:
        self._file.close()

    def _data(self, content: bytes) -> None:
        if content:
            self._chunk(b"IDAT", content)

    def _chunk(self, name: bytes, content: bytes) -> None:
        self._file.write(struct.pack(">I", len(content)) + name + content)
        self._file.write(struct.pack(">I", zlib.crc32(name + content)))


class GeoTiffFile(RowFile):
    """A tiled GeoTIFF, compressed by deflate.

    Args:
        path: The file.
        size: Height and width in pixels.
        channels: How many.
        dtype: Of the values.
        place: Where the pixels lie; None where that is not known.
        palette: ``(N, 3)`` RGB colours of the values of uint8.
        names: Of the channels.

    Raises:
        segcli.sample.DataError: If rasterio is not installed.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        channels: int,
        dtype: str,
        place: Place | None,
        palette: NDArray[np.uint8] | None = None,
        names: Sequence[str] = (),
    ) -> None:
        super().__init__(path)
        optional_module("rasterio", "geo", path)
        self._palette, self._names, self._width = palette, names, size[1]
        self._profile = {
            "driver": "GTiff",
            "height": size[0],
            "width": size[1],
            "count": channels,
            "dtype": dtype,
            "tiled": True,
            "blockxsize": _BLOCK,
            "blockysize": _BLOCK,
            "compress": "deflate",
            "BIGTIFF": "IF_SAFER",
            "interleave": "band",
            **({} if place is None else {"crs": place.crs, "transform": place.transform}),
        }
        self._kept, self._row = list[Rows](), 0

    def add(self, rows: Rows) -> None:
        """Write ``(rows, W)`` or ``(C, rows, W)`` values, once there are enough for a row of blocks."""
        self._kept.append(rows if rows.ndim == 3 else rows[None])
        if sum(each.shape[1] for each in self._kept) >= _BLOCK:
            self._write(all_of_it=False)

    def _begin(self, temporary: Path) -> None:
        import rasterio

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Dataset has no geotransform")
            self._dataset: Any = rasterio.open(temporary, "w", **self._profile)
        if self._palette is not None:
            self._dataset.write_colormap(1, {at: tuple(map(int, colour)) for at, colour in enumerate(self._palette)})
        for at, name in enumerate(self._names, start=1):
            self._dataset.set_band_description(at, name)

    def _end(self) -> None:
        self._write(all_of_it=True)
        self._close()

    def _close(self) -> None:
        self._dataset.close()

    def _write(self, all_of_it: bool) -> None:
        rows = np.concatenate(self._kept, axis=1)
        count = rows.shape[1] if all_of_it else rows.shape[1] // _BLOCK * _BLOCK
        if count:
            window = ((self._row, self._row + count), (0, self._width))
            self._dataset.write(rows[:, :count], window=window)
        self._kept, self._row = [rows[:, count:]], self._row + count

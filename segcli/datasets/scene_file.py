"""Read windows of a large raster, such as a GeoTIFF, by rasterio."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from segcli.config.errors import in_a_line
from segcli.datasets.optional_module import optional_module
from segcli.datasets.parted_file import At, Grid, PartedFile
from segcli.datasets.raster_file import PNG_SIGNATURE, read_head
from segcli.datasets.tiff_channels import SIGNATURES
from segcli.sample import DataError, is_out_of_memory

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

_DRIVERS = {
    **dict.fromkeys(SIGNATURES, "GTiff"),
    PNG_SIGNATURE: "PNG",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JP2OpenJPEG",
    b"\xff\x4f\xff\x51": "JP2OpenJPEG",
}
"""What opens a file, by its first bytes: formats in which a file holds its own pixels."""
_CACHE_MB = 64
"""Of decoded blocks that GDAL keeps, in each process."""


class SceneFile(PartedFile):
    """An opened raster.

    Args:
        dataset: As rasterio opens it.
        path: The file, for errors.

    Raises:
        DataError: If it holds several pictures, or is stored inverted or turned.
    """

    def __init__(self, dataset: "DatasetReader", path: Path) -> None:
        self._dataset = dataset
        if dataset.subdatasets:
            raise DataError(f"{path} holds {len(dataset.subdatasets)} pictures, expected 1; split it into files.")
        if dataset.tags(ns="IMAGE_STRUCTURE").get("MINISWHITE") == "YES":
            raise DataError(f"{path} stores white as 0, which readers of windows do not invert; save it otherwise.")
        self.shape, self.channels = (dataset.height, dataset.width), dataset.count
        self.dtype = np.result_type(*map(np.dtype, dataset.dtypes))
        self.nodata = next((value for value in dataset.nodatavals if value is not None), None)
        colours = [colour.name for colour in dataset.colorinterp]
        self.has_alpha, self.has_palette = colours[-1] == "alpha", "palette" in colours
        a, b, c, d, e, f = dataset.transform[:6]
        is_placed = not dataset.transform.is_identity
        affine = ((b, a, c), (e, d, f), (0.0, 0.0, 1.0)) if is_placed else None
        self.grid = Grid(affine, None if dataset.crs is None else dataset.crs.to_string())

    def pixels(self, at: At) -> NDArray[Any]:
        """Return the ``(H, W, C)`` values of a window."""
        return np.moveaxis(self._dataset.read(window=_window(at)), 0, -1)

    def are_valid(self, at: At, pixels: NDArray[Any]) -> NDArray[np.bool_]:
        """Return where a channel is neither of the file's nodata value nor masked, and all are numbers."""
        return super().are_valid(at, pixels) & (self._dataset.dataset_mask(window=_window(at)) > 0)


@contextmanager
def opened_scene(path: Path) -> Iterator[SceneFile]:
    """Open a raster, turning errors, also those of later reading, into :class:`DataError`.

    It is opened anew by whoever reads, which takes a millisecond: neither threads nor forked processes share it.

    Args:
        path: The file.
    """
    rasterio = optional_module("rasterio", "geo", path)
    errors = optional_module("rasterio.errors", "geo", path)
    warnings.filterwarnings("ignore", category=errors.NotGeoreferencedWarning)  # for good: threads share filters
    driver = _driver(path)
    try:
        with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB), rasterio.open(path, driver=driver) as dataset:
            yield SceneFile(dataset, path)
    except DataError:
        raise
    except Exception as error:  # whatever decoders of broken files raise
        if is_out_of_memory(error):
            raise
        reason = in_a_line(error.__cause__ if isinstance(error.__cause__, Exception) else error)
        if " offset " in reason:  # of a block; all windows shall say the same of the file
            reason = reason.rpartition(": ")[2]
        raise DataError(
            f"{path} cannot be read in windows ({reason}); replace or remove it, or convert it to a tiled GeoTIFF."
        ) from error


def _window(at: At) -> tuple[tuple[int, int], ...]:
    return tuple((each.start, each.stop) for each in at if isinstance(each, range))


def _driver(path: Path) -> str:
    """Return what opens a file, of those that hold their own pixels."""
    head = read_head(path)
    driver = next((name for magic, name in _DRIVERS.items() if head.startswith(magic)), None)
    if driver is None:
        what = "neither TIFF, JPEG 2000 nor PNG" if head else "empty"
        raise DataError(
            f"{path} is {what}, and cannot be read in windows; replace or remove it, or convert it to a tiled GeoTIFF."
        )
    if driver == "GTiff":
        _require_upright(path)
    return driver


def _require_upright(path: Path) -> None:
    """Refuse a TIFF that is stored turned, which GDAL does not look at."""
    try:
        with tifffile.TiffFile(path, is_ome=False) as file:
            turned = int(file.pages.first.tags.valueof("Orientation", 1))
    except Exception:  # told by the reader of windows
        return
    if turned != 1:
        raise DataError(f"{path} is stored turned (orientation {turned}), expected upright in windows; save it so.")

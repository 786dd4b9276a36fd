"""Open images for prediction: in memory, or row by row where they are too large for that."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from segcli.datasets.parted_file import At
from segcli.datasets.raster_file import read_head
from segcli.datasets.record_image import NATIVE
from segcli.datasets.scene_file import SceneFile, opened_scene
from segcli.datasets.tiff_channels import SIGNATURES
from segcli.predict.apply import Source, WholeImage
from segcli.predict.inputs import Input
from segcli.predict.predictor import Images, Predictor
from segcli.predict.video import Frames
from segcli.sample import DataError

LARGEST_IN_MEMORY = 50_000_000
"""Pixels of a TIFF up to which it is read whole."""
_MODES = {"L": 1, "RGB": 3}


@dataclass(frozen=True)
class Place:
    """Where on Earth the pixels of an image lie.

    Attributes:
        crs: Coordinate reference system, as rasterio has it; None where there is none.
        transform: From column and row to coordinates, an affine of rasterio's.
    """

    crs: Any
    transform: Any


@dataclass(frozen=True)
class Opened:
    """An image to be predicted.

    Attributes:
        source: Its pixels.
        place: Where they lie; None where that is not known.
        is_large: Whether it is read by rows.
    """

    source: Source
    place: Place | None = None
    is_large: bool = False


class Opener:
    """Opens images as a model takes them.

    Args:
        predictor: The model.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor, self._frames = predictor, list[Frames]()

    @contextmanager
    def opened(self, image: Input) -> Iterator[Opened]:
        """Open an image.

        Raises:
            DataError: If it cannot be read.
        """
        if image.frame is not None:
            yield Opened(WholeImage(self._frame(image.path, image.frame)))
            return
        place = _place(image.path) if is_tiff(image.path) else None
        if self.reads_rows(image):
            with opened_scene(image.path) as scene:
                yield Opened(_SceneRows(scene, self._predictor, image.path), place, is_large=True)
            return
        with _any_size():
            pixels = self._predictor.read([image.path])
        yield Opened(WholeImage(pixels), place)

    def reads_rows(self, image: Input) -> bool:
        """Return whether an image is read by rows, since it does not fit into memory."""
        return image.frame is None and is_tiff(image.path) and _pixels_of(image.path) > LARGEST_IN_MEMORY

    def _frame(self, path: Path, number: int) -> Images:
        if self._predictor.image_mode not in _MODES:
            raise DataError(f"{path} holds RGB frames, the model takes data.image_mode {self._predictor.image_mode}")
        if not self._frames or self._frames[0].path != path:
            self._frames[:] = [Frames(path)]
        pixels = self._frames[0].read(number)
        if self._predictor.image_mode == "L":
            return np.atleast_3d(np.asarray(Image.fromarray(pixels).convert("L")))
        return pixels


class _SceneRows:
    """Rows of a raster that is open."""

    def __init__(self, scene: SceneFile, predictor: Predictor, path: Path) -> None:
        mode = predictor.image_mode
        channels = _MODES.get(mode, scene.channels)
        if scene.has_palette or scene.channels < channels or (mode != NATIVE and scene.dtype != np.uint8):
            raise DataError(
                f"{path} holds {scene.channels} channels of {scene.dtype}"
                f"{' with a palette' if scene.has_palette else ''}, the model takes data.image_mode {mode}; convert it"
            )
        self._scene, self._channels = scene, channels
        self.height, self.width = scene.shape

    def rows(self, first: int, last: int) -> Images:
        """Return rows; of a file with more channels, the first."""
        at: At = (range(first, last), range(self.width))
        return self._scene.pixels(at)[..., : self._channels]


def is_tiff(path: Path) -> bool:
    """Return whether a file is a TIFF, by its first bytes."""
    try:
        return read_head(path).startswith(tuple(SIGNATURES))
    except DataError:  # told by who reads it
        return False


def _pixels_of(path: Path) -> int:
    try:
        with tifffile.TiffFile(path) as file:
            return int(file.pages.first.imagewidth) * int(file.pages.first.imagelength)
    except Exception:  # told by who reads it
        return 0


def _place(path: Path) -> Place | None:
    """Return where a file lies; None where it does not say, or rasterio is not installed."""
    try:
        import rasterio
        from rasterio.errors import NotGeoreferencedWarning
    except ImportError:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as dataset:
                is_placed = dataset.crs is not None or not dataset.transform.is_identity
                return Place(dataset.crs, dataset.transform) if is_placed else None
    except rasterio.errors.RasterioError:
        return None


@contextmanager
def _any_size() -> Iterator[None]:
    """Let Pillow open images of any size: they are the user's own files."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before

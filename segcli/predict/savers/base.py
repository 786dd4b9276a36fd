"""The contract of what saves predictions, band by band."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from segcli.inference.picture import IGNORED
from segcli.predict.apply import Band, Source
from segcli.predict.row_files import GeoTiffFile, PngFile, RowFile
from segcli.predict.sources import Opened, Place
from segcli.sample import IGNORE_INDEX
from segcli.task_kind import TaskKind


@dataclass(frozen=True)
class Told:
    """What savers know of all images.

    Attributes:
        folder: Where files go.
        classes: Names.
        palette: ``(K, 3)`` uint8 RGB colours of the classes.
        kind: Of the task.
    """

    folder: Path
    classes: tuple[str, ...]
    palette: NDArray[np.uint8]
    kind: TaskKind

    @property
    def colours(self) -> NDArray[np.uint8]:
        """``(256, 3)``: of every value that a label map may hold."""
        found = np.zeros((256, 3), np.uint8)
        found[: len(self.palette)] = self.palette
        found[IGNORE_INDEX] = IGNORED
        return found


@dataclass(frozen=True)
class Image:
    """What savers know of the image that is predicted.

    Attributes:
        name: Of its files, without extension; with slashes where it lies in folders.
        file_name: Of the image itself.
        source: Its pixels.
        place: Where they lie on Earth; None where that is not known.
        is_large: Whether it does not fit into memory.
    """

    name: str
    file_name: str
    source: Source
    place: Place | None
    is_large: bool

    @classmethod
    def of(cls, name: str, file_name: str, opened: Opened) -> "Image":
        """Return what is known of an image that was opened."""
        return cls(name, file_name, opened.source, opened.place, opened.is_large)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.source.height, self.source.width


class Saver(ABC):
    """Saves predictions of one image after the other.

    Args:
        told: What is known of all images.

    Attributes:
        name: As ``--save`` takes it.
        needs_probabilities: Whether bands must hold probabilities.
    """

    name: ClassVar[str]
    needs_probabilities: ClassVar[bool] = False

    def __init__(self, told: Told) -> None:
        self.told = told

    @abstractmethod
    def begin(self, image: Image) -> None:
        """Begin the files of an image; those of the one before were ended, or broken off."""

    @abstractmethod
    def add(self, band: Band) -> None:
        """Add rows, which follow those of before."""

    @abstractmethod
    def end(self) -> Sequence[Path]:
        """Let the files appear; return them."""

    @abstractmethod
    def break_off(self) -> None:
        """Leave nothing of this image."""

    def finish(self, names: Sequence[str]) -> Sequence[Path]:
        """Write what is of all images, after the last one; return it.

        Args:
            names: Of all images that were predicted, in the order in which they were named.
        """
        return []


class MapSaver(Saver):
    """Saves maps of one value per pixel: one for an image, or one for each class."""

    def __init__(self, told: Told) -> None:
        super().__init__(told)
        self._files: list[RowFile] = []

    def begin(self, image: Image) -> None:
        """Open the files."""
        self._files = []
        for file in self.files(image):
            file.__enter__()
            self._files.append(file)

    @abstractmethod
    def files(self, image: Image) -> Sequence[RowFile]:
        """Return the files of an image, which are not open yet."""

    @abstractmethod
    def maps(self, band: Band) -> Sequence[NDArray[np.generic]]:
        """Return the rows of each file."""

    def add(self, band: Band) -> None:
        """Write rows."""
        for file, rows in zip(self._files, self.maps(band), strict=True):
            file.add(rows)

    def end(self) -> Sequence[Path]:
        """Let the files appear."""
        written = []
        while self._files:
            file = self._files.pop(0)
            file.__exit__(None, None, None)
            written.append(file.path)
        return written

    def break_off(self) -> None:
        """Leave nothing."""
        broken = _BrokenOffError()
        while self._files:
            self._files.pop().__exit__(_BrokenOffError, broken, None)

    def map_file(
        self,
        image: Image,
        name: str,
        palette: NDArray[np.uint8] | None = None,
        one_bit: bool = False,
    ) -> RowFile:
        """Return a file of uint8 values: a GeoTIFF where the image lies on Earth or is large, else a PNG.

        Args:
            image: That it is of.
            name: Of the file, without extension.
            palette: ``(256, 3)`` colours of the values; None for grey.
            one_bit: Whether a PNG has a bit for each pixel.
        """
        if image.place is not None or image.is_large:
            path = self.told.folder / f"{name}.tif"
            return GeoTiffFile(path, image.size, 1, "uint8", image.place, palette)
        return PngFile(self.told.folder / f"{name}.png", image.size, palette, one_bit)


class _BrokenOffError(Exception):
    """Ends files that are not to appear."""

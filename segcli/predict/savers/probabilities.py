"""Probabilities of all classes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcli.disk import whole_file
from segcli.predict.apply import Band
from segcli.predict.row_files import GeoTiffFile
from segcli.predict.savers.base import Image, Saver, Told

FOLDER = "probabilities"


class Probabilities(Saver):
    """``probabilities/NAME.npz`` with ``probabilities``, ``(K, H, W)`` float16.

    Of the binary task K is 1, the second class. Images that lie on Earth or are large have
    ``probabilities/NAME.tif``, float32, a band for each class.
    """

    name = "probabilities"
    needs_probabilities = True

    def __init__(self, told: Told) -> None:
        super().__init__(told)
        self._parts: list[NDArray[np.float16]] = []
        self._file: GeoTiffFile | None = None

    def begin(self, image: Image) -> None:
        """Open a GeoTIFF, or begin to collect."""
        self._image, self._parts = image, []
        if image.place is not None or image.is_large:
            names = self.told.classes[1:] if self.told.kind.name == "binary" else self.told.classes
            path = self.told.folder / FOLDER / f"{image.name}.tif"
            self._file = GeoTiffFile(path, image.size, len(names), "float32", image.place, names=names)
            self._file.__enter__()

    def add(self, band: Band) -> None:
        """Add rows."""
        assert band.probabilities is not None
        if self._file is not None:
            self._file.add(band.probabilities)
        else:
            self._parts.append(band.probabilities.astype(np.float16))

    def end(self) -> Sequence[Path]:
        """Write what was collected."""
        if self._file is not None:
            file, self._file = self._file, None
            file.__exit__(None, None, None)
            return [file.path]
        path = self.told.folder / FOLDER / f"{self._image.name}.npz"
        with whole_file(path) as archive:
            np.savez_compressed(archive, probabilities=np.concatenate(self._parts, axis=1))
        return [path]

    def break_off(self) -> None:
        """Leave nothing."""
        self._parts = []
        if self._file is not None:
            file, self._file = self._file, None
            file.__exit__(InterruptedError, InterruptedError(), None)

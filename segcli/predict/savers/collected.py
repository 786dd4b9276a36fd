"""What is saved of a whole label map."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcli.predict.apply import Band
from segcli.predict.savers.base import Image, Saver


class LabelMapSaver(Saver):
    """Collects the labels of an image, a byte for each pixel, and saves them at its end."""

    def begin(self, image: Image) -> None:
        """Begin to collect."""
        self._image, self._parts = image, list[NDArray[np.uint8]]()

    def add(self, band: Band) -> None:
        """Collect labels."""
        if self.takes(self._image):
            self._parts.append(band.labels)

    def end(self) -> Sequence[Path]:
        """Save them."""
        if not self._parts:
            return []
        labels = self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts, axis=-2)
        self._parts = []
        return [self.save(self._image, labels)]

    def break_off(self) -> None:
        """Forget them."""
        self._parts = []

    def takes(self, image: Image) -> bool:
        """Return whether an image is saved so."""
        return True

    @abstractmethod
    def save(self, image: Image, labels: NDArray[np.uint8]) -> Path:
        """Save the ``(H, W)`` or ``(K, H, W)`` labels of an image; return the file."""

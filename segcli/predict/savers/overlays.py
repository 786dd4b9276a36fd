"""Overlays: the colours of the classes over the image, to look at."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from segcli.disk import whole_file
from segcli.inference.picture import as_picture, overlay
from segcli.predict.savers.base import Image
from segcli.predict.savers.collected import LabelMapSaver

FOLDER = "overlays"


class Overlays(LabelMapSaver):
    """``overlays/NAME.png``; none of images that do not fit into memory."""

    name = "overlays"

    def takes(self, image: Image) -> bool:
        """Return whether the image fits into memory."""
        return not image.is_large

    def save(self, image: Image, labels: NDArray[np.uint8]) -> Path:
        """Write the picture."""
        pixels = image.source.rows(0, image.source.height)
        path = self.told.folder / FOLDER / f"{image.name}.png"
        with whole_file(path) as file:
            Pillow.fromarray(overlay(as_picture(pixels), labels, self.told.palette)).save(file, format="PNG")
        return path

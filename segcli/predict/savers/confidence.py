"""Confidence: how probable what was decided is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segcli.predict.apply import Band
from segcli.predict.row_files import RowFile
from segcli.predict.savers.base import Image, MapSaver

FOLDER = "confidence"


class Confidence(MapSaver):
    """``confidence/NAME.png``, grey, 255 is a probability of 1.

    It is that of the class that was chosen, of the most probable one where small regions were changed; of several
    labels per pixel, ``confidence/CLASS/NAME.png`` is that of the class.
    """

    name = "confidence"
    needs_probabilities = True

    def files(self, image: Image) -> Sequence[RowFile]:
        """Return one file, or one for each class."""
        if not self.told.kind.multilabel:
            return [self.map_file(image, f"{FOLDER}/{image.name}")]
        return [self.map_file(image, f"{FOLDER}/{name}/{image.name}") for name in self.told.classes]

    def maps(self, band: Band) -> Sequence[NDArray[np.generic]]:
        """Return the probabilities in 255 steps."""
        assert band.probabilities is not None
        return list(np.rint(255 * self._confidence(band.labels, band.probabilities)).astype(np.uint8))

    def _confidence(self, labels: NDArray[np.uint8], probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.told.kind.multilabel:
            return probabilities
        if len(probabilities) == 1:
            return np.where(labels == 1, probabilities, 1 - probabilities)
        return probabilities.max(axis=0, keepdims=True)

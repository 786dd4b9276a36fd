"""Labels: class indices with the colours of the classes, or a mask for each class."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segcli.predict.apply import Band
from segcli.predict.row_files import RowFile
from segcli.predict.savers.base import Image, MapSaver


class Labels(MapSaver):
    """``NAME.png`` with a palette; of several labels per pixel ``CLASS/NAME.png`` of 1 bit, white where it is."""

    name = "labels"

    def files(self, image: Image) -> Sequence[RowFile]:
        """Return one file, or one for each class."""
        if not self.told.kind.multilabel:
            return [self.map_file(image, image.name, self.told.colours)]
        return [self.map_file(image, f"{name}/{image.name}", one_bit=True) for name in self.told.classes]

    def maps(self, band: Band) -> Sequence[NDArray[np.generic]]:
        """Return the labels."""
        return list(band.labels) if self.told.kind.multilabel else [band.labels]

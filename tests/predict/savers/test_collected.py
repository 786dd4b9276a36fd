from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcli.predict.savers.base import Image
from segcli.predict.savers.collected import LabelMapSaver
from tests.predict.savers.conftest import Case


class _Kept(LabelMapSaver):
    name = "kept"

    def save(self, image: Image, labels: NDArray[np.uint8]) -> Path:
        self.labels = labels
        return self.told.folder / image.name


def test_bands_are_put_together(case: Case) -> None:
    saver = _Kept(case.told)
    assert case.saved(saver) == [case.told.folder / "x" / "img"]
    assert (saver.labels == case.labels).all()

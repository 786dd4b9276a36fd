from dataclasses import replace

import numpy as np
import pytest

from segcli.export.description import ExportError
from segcli.export.exported_model import ExportedModel, Images
from tests.export.test_description import DESCRIPTION


class Zeros(ExportedModel):
    name, file_name = "zeros", "model.zeros"
    write = describe = opened = None  # type: ignore[assignment]

    def __init__(self, **changes: object) -> None:
        self.description = replace(DESCRIPTION, **changes)  # type: ignore[arg-type]

    def run(self, images: Images) -> dict[str, np.ndarray]:
        return {"labels": np.zeros(images.shape[:3], np.uint8)}


def test_one_image_has_one_map_of_its_size() -> None:
    assert Zeros().predict(np.zeros((40, 50, 3), np.uint8)).shape == (40, 50)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((40, 50), np.uint8), "an image is uint8 of shape .40, 50., expected uint8 of 3 channels"),
        (np.zeros((40, 50, 4), np.uint8), "expected uint8 of 3 channels"),
        (np.zeros((40, 50, 3), np.float32), "an image is float32"),
    ],
)
def test_images_of_another_kind_are_refused(image: np.ndarray, message: str) -> None:
    with pytest.raises(ExportError, match=message):
        Zeros().predict(image)


def test_a_file_of_one_size_names_it() -> None:
    with pytest.raises(ExportError, match="an image has 40x50 pixels, the file takes 50x40 only"):
        Zeros(size=[50, 40]).predict(np.zeros((40, 50, 3), np.uint8))

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segcli.datasets.mask_file import read_mask
from segcli.sample import DataError

VALUES = np.array([[0, 1, 7], [200, 255, 1]], np.uint8)


def palette_of(values: NDArray[np.uint8]) -> Image.Image:
    picture = Image.fromarray(values)
    picture.putpalette(np.random.default_rng(0).integers(0, 256, 768, dtype=np.uint8).tobytes())
    return picture


@pytest.mark.parametrize(
    "picture",
    [
        Image.fromarray(VALUES),
        palette_of(VALUES),
        Image.fromarray(VALUES.astype(np.uint16)),
        Image.merge("RGB", [Image.fromarray(VALUES)] * 3),
        Image.merge("RGBA", [Image.fromarray(VALUES)] * 3 + [Image.fromarray(np.full_like(VALUES, 255))]),
        Image.merge("LA", [Image.fromarray(VALUES), Image.fromarray(np.full_like(VALUES, 255))]),
    ],
    ids=["L", "P", "I;16", "RGB", "RGBA", "LA"],
)
def test_values_are_those_that_were_saved(tmp_path: Path, picture: Image.Image) -> None:
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), VALUES)


def test_16_bit_values_are_not_clipped(tmp_path: Path) -> None:
    values = np.array([[0, 256, 40000]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), values)


def test_1_bit_masks_hold_0_and_1(tmp_path: Path) -> None:
    Image.fromarray(VALUES > 5).save(tmp_path / "a.png")
    assert read_mask(tmp_path / "a.png").tolist() == [[0, 0, 1], [1, 1, 0]]


def test_a_turned_mask_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(VALUES).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), np.rot90(VALUES, 3))


def test_colours_are_explained(tmp_path: Path) -> None:
    colours = np.zeros((2, 3, 3), np.uint8)
    colours[0, 1] = 10, 20, 30
    Image.fromarray(colours).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png is a colour image \(1 pixels such as \(10, 20, 30\)\).*palette PNG"):
        read_mask(tmp_path / "a.png")


def test_transparency_and_floats_are_refused(tmp_path: Path) -> None:
    Image.merge("LA", [Image.fromarray(VALUES)] * 2).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png is partly transparent"):
        read_mask(tmp_path / "a.png")
    Image.fromarray(VALUES.astype(np.float32)).save(tmp_path / "b.tif")
    with pytest.raises(DataError, match=r"b\.tif has mode F, expected a mask of integers"):
        read_mask(tmp_path / "b.tif")

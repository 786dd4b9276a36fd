from pathlib import Path

import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image

from segcli.datasets.scene_file import opened_scene
from segcli.sample import DataError
from tests.datasets.part_files import PLACED, write_scene

AT = (range(10, 30), range(5, 37))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_a_window_has_the_values_of_the_whole(tmp_path: Path, dtype: str, channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 200, (40, 50, channels)).astype(dtype)
    write_scene(tmp_path / "a.tif", pixels, **PLACED)
    with opened_scene(tmp_path / "a.tif") as scene:
        assert (scene.shape, scene.channels, scene.dtype) == ((40, 50), channels, np.dtype(dtype))
        assert scene.grid.crs == "EPSG:32633"
        np.testing.assert_array_equal(scene.pixels(AT), pixels[10:30, 5:37])


def test_files_without_a_place_are_read_without_a_warning(tmp_path: Path) -> None:
    pixels = np.arange(2000, dtype=np.uint8).reshape(40, 50)
    write_scene(tmp_path / "a.tif", pixels)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for name in ("a.tif", "a.png"):
        with opened_scene(tmp_path / name) as scene:
            assert (scene.grid.affine, scene.grid.crs) == (None, None)
            np.testing.assert_array_equal(scene.pixels(AT)[..., 0], pixels[10:30, 5:37])


def test_what_holds_nothing(tmp_path: Path) -> None:
    pixels = np.ones((40, 50, 2), np.float32)
    pixels[12, 6] = -9999
    pixels[13, 6, 0] = -9999  # the other channel holds something
    pixels[14, 6, 1] = np.nan
    write_scene(tmp_path / "a.tif", pixels, nodata=-9999)
    with opened_scene(tmp_path / "a.tif") as scene:
        assert scene.nodata == -9999
        valid = scene.are_valid(AT, scene.pixels(AT))
    assert np.argwhere(~valid).tolist() == [[2, 1], [4, 1]]


def _inverted(path: Path) -> None:
    write_scene(path, np.zeros((40, 50), np.uint8), photometric="MINISWHITE")


def _turned(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((40, 50), np.uint8), extratags=[(274, "H", 1, 6, True)])


def _pages(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((3, 40, 50), np.uint8), photometric="minisblack")


def _empty(path: Path) -> None:
    path.touch()


def _jpeg(path: Path) -> None:
    Image.fromarray(np.zeros((40, 50), np.uint8)).save(path, "JPEG")


def _cut(path: Path) -> None:
    write_scene(path, np.random.default_rng(0).integers(0, 255, (40, 50), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:-700])


def _flipped(path: Path) -> None:
    write_scene(path, np.random.default_rng(0).integers(0, 255, (40, 50), dtype=np.uint8))
    data = bytearray(path.read_bytes())
    for at in range(len(data) - 2000, len(data), 7):
        data[at] ^= 255
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("write", "what"),
    [
        (_inverted, "stores white as 0"),
        (_turned, "stored turned"),
        (_pages, "holds 3 pictures"),
        (_empty, "is empty"),
        (_jpeg, "neither TIFF, JPEG 2000 nor PNG"),
        (_cut, "cannot be read in windows"),
        (_flipped, "cannot be read in windows"),
        (lambda path: None, "cannot be read"),
    ],
)
def test_files_at_fault_are_named(tmp_path: Path, write: object, what: str) -> None:
    assert callable(write)
    write(tmp_path / "a.tif")
    with pytest.raises(DataError, match=rf"a\.tif.*{what}"), opened_scene(tmp_path / "a.tif") as scene:
        scene.pixels((range(40), range(50)))


def test_all_windows_of_a_damaged_file_say_the_same(tmp_path: Path) -> None:
    write_scene(tmp_path / "a.tif", np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8))
    path = tmp_path / "a.tif"
    path.write_bytes(path.read_bytes()[:-2500])
    told = set[str]()
    for row in (32, 48):
        with pytest.raises(DataError) as caught, opened_scene(path) as scene:
            scene.pixels((range(row, row + 16), range(64)))
        told.add(str(caught.value))
    assert len(told) == 1


def test_gdal_keeps_few_blocks(tmp_path: Path) -> None:
    write_scene(tmp_path / "a.tif", np.zeros((40, 50), np.uint8))
    with opened_scene(tmp_path / "a.tif"):
        assert rasterio.env.getenv()["GDAL_CACHEMAX"] == 64

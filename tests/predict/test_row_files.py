from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segcli.predict.row_files import GeoTiffFile, PngFile, RowFile
from segcli.predict.sources import Place

rasterio = pytest.importorskip("rasterio")
PALETTE = np.random.default_rng(1).integers(0, 256, (256, 3), np.uint8)


def _written(file: RowFile, values: NDArray[np.generic], step: int) -> None:
    with file:
        for first in range(0, values.shape[-2], step):
            file.add(values[..., first : first + step, :])


@pytest.mark.parametrize("step", [1, 7, 1000])
@pytest.mark.parametrize("size", [(1, 1), (37, 53), (70, 8)])
def test_a_png_holds_what_was_added(tmp_path: Path, size: tuple[int, int], step: int) -> None:
    values = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    _written(PngFile(tmp_path / "p.png", size, PALETTE), values, step)
    _written(PngFile(tmp_path / "g.png", size), values, step)
    _written(PngFile(tmp_path / "b.png", size, one_bit=True), values % 2, step)
    with Image.open(tmp_path / "p.png") as image:
        assert image.mode == "P"
        assert (np.array(image) == values).all()
        assert (np.array(image.convert("RGB")) == PALETTE[values]).all()
    assert (cv2.imread(str(tmp_path / "g.png"), cv2.IMREAD_UNCHANGED) == values).all()
    with Image.open(tmp_path / "b.png") as image:
        assert image.mode == "1"
        assert (np.array(image) == values % 2).all()


@pytest.mark.parametrize("step", [100, 512, 700])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_geotiff_holds_what_was_added(tmp_path: Path, channels: int, step: int) -> None:
    values = np.random.default_rng(0).random((channels, 1100, 70)).astype(np.float32)
    place = Place(rasterio.crs.CRS.from_epsg(32632), rasterio.Affine(2, 0, 500_000, 0, -2, 5_000_000))
    names = [f"c{at}" for at in range(channels)]
    _written(GeoTiffFile(tmp_path / "a.tif", (1100, 70), channels, "float32", place, names=names), values, step)
    with rasterio.open(tmp_path / "a.tif") as file:
        assert (file.read() == values).all()
        assert (file.crs, file.transform) == (place.crs, place.transform)
        assert file.block_shapes == [(512, 512)] * channels
        assert list(file.descriptions) == names
        assert file.compression.name == "deflate"


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
def test_a_geotiff_shows_the_colours_of_classes(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 4, (60, 50), np.uint8)
    _written(GeoTiffFile(tmp_path / "a.tif", (60, 50), 1, "uint8", None, PALETTE), values, 9)
    with rasterio.open(tmp_path / "a.tif") as file:
        assert (file.read(1) == values).all()
        assert file.colormap(1)[3][:3] == tuple(PALETTE[3])


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_nothing_is_left_of_what_was_broken_off(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    file = PngFile(path, (60, 50)) if kind == "png" else GeoTiffFile(path, (60, 50), 1, "uint8", None)

    def write() -> None:
        with file:
            file.add(np.zeros((10, 50), np.uint8))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert not list(tmp_path.iterdir())

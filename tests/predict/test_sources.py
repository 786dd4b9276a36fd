from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from segcli.predict import sources
from segcli.predict.inputs import Input
from segcli.predict.sources import Opener, is_tiff
from segcli.sample import DataError
from tests.predict.test_apply import Pixelwise

rasterio = pytest.importorskip("rasterio")
PIXELS = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)


def _opener(mode: str = "RGB", channels: int = 3) -> Opener:
    predictor = Pixelwise()
    predictor.image_mode, predictor.channels = mode, channels  # type: ignore[assignment]
    return Opener(predictor)


def _geotiff(path: Path, pixels: np.ndarray = PIXELS, placed: bool = True) -> Path:
    profile = {"driver": "GTiff", "height": pixels.shape[0], "width": pixels.shape[1], "count": pixels.shape[2]}
    place = {"crs": "EPSG:32632", "transform": rasterio.Affine(2, 0, 500_000, 0, -2, 5_000_000)} if placed else {}
    with rasterio.open(path, "w", dtype=pixels.dtype.name, **profile, **place) as file:
        file.write(np.moveaxis(pixels, -1, 0))
    return path


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_images_are_read_as_in_training(tmp_path: Path, name: str) -> None:
    Image.fromarray(PIXELS).save(tmp_path / name)
    with _opener().opened(Input(tmp_path / name)) as opened:
        assert (opened.source.height, opened.source.width) == (40, 30)
        assert (opened.source.rows(3, 9) == PIXELS[3:9]).all()
        assert opened.place is None
        assert not opened.is_large
    assert is_tiff(tmp_path / name) is name.endswith("tif")


def test_a_place_on_earth_is_kept(tmp_path: Path) -> None:
    with _opener().opened(Input(_geotiff(tmp_path / "a.tif"))) as opened:
        assert (opened.source.rows(0, 40) == PIXELS).all()
        assert opened.place is not None
        assert opened.place.crs.to_epsg() == 32632


@pytest.mark.parametrize("mode", ["RGB", "native"])
def test_large_images_are_read_by_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setattr(sources, "LARGEST_IN_MEMORY", 1000)
    image = Input(_geotiff(tmp_path / "a.tif"))
    opener = _opener(mode)
    assert opener.reads_rows(image)
    with opener.opened(image) as opened:
        assert opened.is_large
        assert (opened.source.height, opened.source.width) == (40, 30)
        assert (opened.source.rows(7, 21) == PIXELS[7:21]).all()
        assert opened.place is not None


@pytest.mark.parametrize("pixels", [PIXELS.astype(np.uint16), PIXELS[..., :1]], ids=["sixteen bits", "one channel"])
def test_large_images_that_the_model_does_not_take_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pixels: np.ndarray
) -> None:
    monkeypatch.setattr(sources, "LARGEST_IN_MEMORY", 1000)
    image = Input(_geotiff(tmp_path / "a.tif", pixels))
    with pytest.raises(DataError, match=r"the model takes data\.image_mode RGB"), _opener().opened(image):
        pass


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1)])
def test_frames_are_images(tmp_path: Path, mode: str, channels: int) -> None:
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5, (32, 16))
    for frame in range(3):
        writer.write(np.full((16, 32, 3), 60 * frame, np.uint8))
    writer.release()
    opener = _opener(mode, channels)
    for frame in (0, 2):
        with opener.opened(Input(path, frame)) as opened:
            rows = opened.source.rows(0, 16)
        assert rows.shape == (16, 32, channels)
        assert rows.mean() == pytest.approx(60 * frame, abs=3)
    with pytest.raises(DataError, match="holds RGB frames"), _opener("native").opened(Input(path, 0)):
        pass


def test_images_beyond_the_limit_of_pillow_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with _opener().opened(Input(tmp_path / "a.png")) as opened:
        assert opened.source.height == 40
    assert Image.MAX_IMAGE_PIXELS == 100

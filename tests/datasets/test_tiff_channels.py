from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from segcli.datasets.image_channels import ImageForm, read_channels, read_form
from segcli.datasets.tiff_channels import MOST_PAGES
from segcli.sample import DataError
from tests.datasets.test_raster_file import UPRIGHT

RNG = np.random.default_rng(0)
DEEP = RNG.integers(0, 65536, (24, 32, 8), dtype=np.uint16)
FLOATS = RNG.normal(size=(24, 32, 2)).astype(np.float32)
BY_PIXEL = {"photometric": "minisblack", "planarconfig": "contig"}
WRITINGS: dict[str, dict[str, Any]] = {
    "by pixel": BY_PIXEL,
    "tiles": {**BY_PIXEL, "tile": (16, 16)},
    "big endian": {**BY_PIXEL, "byteorder": ">"},
    "BigTIFF": {**BY_PIXEL, "bigtiff": True},
    **{name: {**BY_PIXEL, "compression": name} for name in ("zlib", "lzw", "zstd", "packbits", "lzma")},
    "predictor": {**BY_PIXEL, "compression": "zlib", "predictor": True},
}


def written(path: Path, pixels: np.ndarray, **options: Any) -> Path:  # noqa: ANN401
    tifffile.imwrite(path, pixels, **options)
    return path


@pytest.mark.parametrize("pixels", [DEEP, DEEP.astype(np.uint8), FLOATS], ids=["uint16", "uint8", "float32"])
@pytest.mark.parametrize("name", WRITINGS)
def test_channels_are_as_stored_however_they_are_written(tmp_path: Path, name: str, pixels: np.ndarray) -> None:
    path = written(tmp_path / "a.tif", pixels, **WRITINGS[name])
    np.testing.assert_array_equal(read_channels(path), pixels, strict=True)
    assert read_form(path) == (ImageForm(pixels.shape[2], pixels.dtype.name), (24, 32))


@pytest.mark.parametrize("options", [{"planarconfig": "separate"}, {}, {"metadata": {"axes": "CYX"}}])
def test_planes_and_pages_are_channels(tmp_path: Path, options: dict[str, Any]) -> None:
    path = written(tmp_path / "a.tif", DEEP.transpose(2, 0, 1), photometric="minisblack", **options)
    np.testing.assert_array_equal(read_channels(path), DEEP, strict=True)
    assert read_form(path)[0] == ImageForm(8, "uint16")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_upright(tmp_path: Path, orientation: int) -> None:
    path = written(tmp_path / "a.tif", DEEP, **BY_PIXEL, extratags=[(0x0112, "H", 1, orientation, True)])
    expected = UPRIGHT[orientation](DEEP)
    np.testing.assert_array_equal(read_channels(path), expected)
    assert read_form(path)[1] == expected.shape[:2]


def test_white_may_be_stored_as_0(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", DEEP[..., 0], photometric="miniswhite")
    np.testing.assert_array_equal(read_channels(path)[..., 0], 65535 - DEEP[..., 0])


@pytest.mark.parametrize("name", WRITINGS)
def test_a_file_that_is_cut_off_is_told(tmp_path: Path, name: str) -> None:
    data = written(tmp_path / "a.tif", DEEP, **WRITINGS[name]).read_bytes()
    last_pixel = len(data) - 200  # the header of some stands at the end
    for length in range(0, last_pixel, last_pixel // 9):
        (tmp_path / "cut.tif").write_bytes(data[:length])
        with pytest.raises(DataError, match=r"cut\.tif cannot be read as a"):
            read_channels(tmp_path / "cut.tif")


def test_what_is_no_image_of_channels_is_refused(tmp_path: Path) -> None:
    volume = written(tmp_path / "volume.tif", np.zeros((MOST_PAGES + 1, 4, 5), np.uint8), photometric="minisblack")
    with tifffile.TiffWriter(tmp_path / "several.tif") as file:
        for size in (4, 6):
            file.write(np.zeros((size, size), np.uint8))
    with tifffile.TiffWriter(tmp_path / "half.tif") as file:  # which tifffile takes for a level of the first
        for size in (20, 20, 10, 10):
            file.write(np.zeros((size, 2 * size), np.uint8), metadata=None, contiguous=False)
    colours = written(tmp_path / "ycbcr.tif", np.zeros((4, 4, 3), np.uint8), photometric="ycbcr")
    palette = written(
        tmp_path / "palette.tif",
        np.zeros((4, 4), np.uint8),
        photometric="palette",
        colormap=np.zeros((3, 256), np.uint16),
    )
    for path, message in (
        (volume, r"holds an array of 33 x 4 x 5 .*in at most 32 pages; split it"),
        (tmp_path / "several.tif", "holds pictures of 2 sizes or types, expected 1"),
        (tmp_path / "half.tif", "holds pictures of 2 sizes or types, expected 1"),
        (palette, "holds a palette, or colours"),
        (colours, "holds a palette, or colours"),
    ):
        for read in (read_channels, read_form):
            with pytest.raises(DataError, match=message):
                read(path)


def test_overviews_are_no_pictures_of_their_own(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(DEEP, **BY_PIXEL)
        file.write(DEEP[::2, ::2], subfiletype=1, **BY_PIXEL)
    np.testing.assert_array_equal(read_channels(tmp_path / "a.tif"), DEEP)


def test_a_file_holds_its_own_channels_whatever_it_says_of_others(tmp_path: Path) -> None:
    """OME's metadata name the files of all channels; tifffile would fill those that it cannot find with zeros."""
    names = [f"c{number}.ome.tif" for number in range(3)]
    parts = "".join(
        f'<TiffData FirstC="{number}" IFD="0" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{number}</UUID>'
        "</TiffData>"
        for number, name in enumerate(names)
    )
    pixels = (
        '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="32" SizeY="24" SizeC="3" SizeZ="1" '
        f'SizeT="1">{parts}</Pixels>'
    )
    space = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
    for number, name in enumerate(names):
        start = f'<?xml version="1.0"?><OME xmlns="{space}" UUID="urn:uuid:{number}">'
        described = f'{start}<Image ID="Image:0">{pixels}</Image></OME>'
        tifffile.imwrite(tmp_path / name, DEEP[..., number], description=described, metadata=None)
    for number, name in enumerate(names):
        np.testing.assert_array_equal(read_channels(tmp_path / name), DEEP[..., number : number + 1])
        assert read_form(tmp_path / name)[0] == ImageForm(1, "uint16")


def test_white_of_12_bits_is_4095(tmp_path: Path) -> None:
    pixels = DEEP[..., 0] // 16
    path = written(tmp_path / "a.tif", pixels, photometric="miniswhite", bitspersample=12)
    np.testing.assert_array_equal(read_channels(path)[..., 0], 4095 - pixels)

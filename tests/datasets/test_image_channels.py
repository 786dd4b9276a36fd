from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from segcli.datasets.image_channels import ImageForm, read_channels, read_form
from segcli.datasets.image_file import read_size
from segcli.sample import DataError

RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (24, 32, 3), dtype=np.uint8)
DEEP = RNG.integers(0, 65536, (24, 32, 4), dtype=np.uint16)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_of_16_bits_keeps_them(tmp_path: Path, channels: int) -> None:
    pixels = DEEP[..., :channels]
    cv2.imwrite(str(tmp_path / "a.png"), pixels if channels == 1 else pixels[..., [2, 1, 0, 3][:channels]])
    np.testing.assert_array_equal(read_channels(tmp_path / "a.png"), pixels, strict=True)
    assert read_form(tmp_path / "a.png") == (ImageForm(channels, "uint16"), (24, 32))


@pytest.mark.parametrize(("mode", "channels"), [("1", 1), ("L", 1), ("LA", 2), ("P", 3), ("RGB", 3), ("RGBA", 4)])
def test_pictures_have_the_channels_that_they_show(tmp_path: Path, mode: str, channels: int) -> None:
    picture = Image.fromarray(COLOURS).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.png", exif=exif)
    pixels, (form, size) = read_channels(tmp_path / "a.png"), read_form(tmp_path / "a.png")
    shown = np.atleast_3d(np.array(picture.convert({"1": "L", "P": "RGB"}.get(mode, mode))))
    np.testing.assert_array_equal(pixels, np.rot90(shown, 3), strict=True)
    assert form == ImageForm(channels, "uint8")
    assert size == pixels.shape[:2] == read_size(tmp_path / "a.png") == (32, 24)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint32", "int64", "float16", "float64", ">f4"])
def test_other_types_become_floats(tmp_path: Path, dtype: str) -> None:
    pixels = RNG.integers(-100 if dtype[0] != "u" else 0, 100, (24, 32)).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", pixels, byteorder=">" if dtype[0] == ">" else "<")
    np.testing.assert_array_equal(read_channels(tmp_path / "a.tif")[..., 0], pixels.astype(np.float32), strict=True)
    assert read_form(tmp_path / "a.tif")[0] == ImageForm(1, "float32")


def test_what_floats_cannot_hold_is_refused(tmp_path: Path) -> None:
    holes = np.ones((4, 5, 2), np.float32)
    holes[0, :2] = np.nan
    holes[1, 0, 1] = np.inf
    huge = np.full((4, 5), 1e300)
    for pixels, message in (
        (holes, r"holds 3 pixels that are no numbers .*; fill them"),
        (huge, "holds 20 pixels that are no numbers"),
        (np.full((4, 5), 2**24 + 1, np.uint32), "holds integers beyond 16777216"),
        (np.full((4, 5), 1j, np.complex64), "holds values of type complex64"),
    ):
        tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="minisblack", planarconfig="contig")
        with pytest.raises(DataError, match=message):
            read_channels(tmp_path / "a.tif")


def test_what_pillow_would_change_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ppm").write_bytes(b"P6 4 5 1023\n" + bytes(2 * 3 * 20))
    transparent = Image.fromarray(DEEP[..., 0])
    transparent.save(tmp_path / "b.png", transparency=0)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(DEEP[..., 0]).save(tmp_path / "c.png", exif=exif)
    for name, message in (
        ("a.ppm", r"16 bits per channel in mode RGB of PPM.*; save it as TIFF"),
        ("b.png", "PNG of 16 bits with transparent greys"),
        ("c.png", "states an orientation in its EXIF data"),
    ):
        with pytest.raises(DataError, match=message):
            read_channels(tmp_path / name)


def test_damage_is_told(tmp_path: Path) -> None:
    Image.fromarray(DEEP[..., 0]).save(tmp_path / "a.png")
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(DataError, match="its chunk 'IDAT' is damaged"):
        read_channels(tmp_path / "a.png")


def test_a_text_that_names_a_chunk_is_no_chunk(tmp_path: Path) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("note", "tRNS")
    Image.fromarray(DEEP[..., 0]).save(tmp_path / "a.png", pnginfo=notes)
    np.testing.assert_array_equal(read_channels(tmp_path / "a.png")[..., 0], DEEP[..., 0])


def test_a_header_is_read_without_the_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tifffile.imwrite(tmp_path / "a.tif", DEEP, planarconfig="contig", photometric="minisblack")
    monkeypatch.setattr(Path, "read_bytes", lambda _path: pytest.fail("all of it was read"))
    assert read_form(tmp_path / "a.tif") == (ImageForm(4, "uint16"), (24, 32))

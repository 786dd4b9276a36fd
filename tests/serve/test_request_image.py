import io
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from segcli.serve.request_error import RequestError
from segcli.serve.request_image import read_request_image
from tests.serve.conftest import Brightest, encoded, photo
from tests.serve.made_files import png_header

MOST = 10_000


class _Native(Brightest):
    """Takes four channels of 16 bits."""

    def __init__(self) -> None:
        super().__init__()
        self.image_mode, self.dtype, self.channels = "native", "uint16", 4


def _refused(content: bytes, predictor: Brightest | None = None, most: int = MOST) -> RequestError:
    with pytest.raises(RequestError) as caught:
        read_request_image(content, predictor or Brightest(), most)
    assert caught.value.message.endswith(".")
    assert caught.value.message[0].isupper()
    return caught.value


@pytest.mark.parametrize(
    ("form", "options"),
    [("PNG", {}), ("BMP", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {"lossless": True})],
)
def test_formats_are_read(form: str, options: dict[str, Any]) -> None:
    assert np.array_equal(read_request_image(encoded(photo(), form, **options), Brightest(), MOST), photo())


def test_a_photo_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = read_request_image(encoded(photo(), "JPEG", exif=exif, quality=95), Brightest(), MOST)
    assert pixels.shape == (60, 40, 3)
    assert pixels[0, 0].argmax() == 0
    assert pixels[-1, 0].argmax() == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"GIF89a" + bytes(50), b"<svg/>", b"%PDF-1.7", b"RIFF\0\0\0\0WAVE", b"\0" * 200, b"%!PS-Adobe"],
)
def test_other_formats_are_refused(content: bytes) -> None:
    error = _refused(content)
    assert error.status == 415
    assert "JPEG, PNG, WebP, BMP or TIFF" in error.message


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.1, 0.6, 0.9])
def test_cut_files_are_refused(form: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    content = encoded(noise, form)
    error = _refused(content[: int(share * len(content))])
    assert error.status == 400
    assert "data." not in error.message


@pytest.mark.parametrize(("height", "width", "status"), [(100, 100, None), (101, 100, 413), (50_000, 50_000, 413)])
def test_pixels_are_counted_by_the_header(height: int, width: int, status: int | None) -> None:
    if status is None:
        assert read_request_image(encoded(photo(height, width)), Brightest(), MOST).shape == (height, width, 3)
    else:
        error = _refused(png_header(height, width))
        assert error.status == status
        assert "10,000" in error.message


def test_sixteen_bits_are_refused_where_eight_are_taken() -> None:
    error = _refused(encoded(np.zeros((5, 5), np.uint16)))
    assert error.status == 400
    assert "16 bits" in error.message


def _tiff(pixels: np.ndarray[Any, Any], **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, photometric="minisblack", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "zstd", "packbits"])
def test_channels_of_any_number_and_depth_are_read(compression: str | None) -> None:
    pixels = np.random.default_rng(0).integers(0, 60_000, (30, 20, 4), np.uint16)
    content = _tiff(pixels, planarconfig="contig", compression=compression)
    assert np.array_equal(read_request_image(content, _Native(), MOST), pixels)


def test_other_channels_and_depths_than_the_model_takes_are_told() -> None:
    three = _refused(_tiff(np.zeros((30, 20, 3), np.uint16), planarconfig="contig"), _Native())
    assert (three.status, three.message) == (400, "The image has 3 channels of uint16, the model takes 4 of uint16.")
    shallow = _refused(_tiff(np.zeros((30, 20, 4), np.uint8), planarconfig="contig"), _Native())
    assert "4 channels of uint8" in shallow.message


def test_tiles_that_decode_to_more_than_the_image_are_refused() -> None:
    content = _tiff(np.zeros((16, 16, 4), np.uint16), planarconfig="contig", tile=(512, 512), compression="zlib")
    assert _refused(content, _Native()).status == 413
    jpeg = _tiff(np.zeros((16, 16, 4), np.uint8), planarconfig="contig", compression="jpeg")
    assert _refused(jpeg, _Native()).status == 415

import io

import numpy as np
import pytest
from PIL import Image

from segcli.datasets.stored_pixels import StoredPixels
from tests.datasets.made_files import saved


def stored(data: bytes) -> StoredPixels:
    with Image.open(io.BytesIO(data)) as image:
        return StoredPixels.of(image, data)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM", "JPEG2000"])
def test_depth_is_that_of_the_file(kind: str) -> None:
    deep, shallow = (Image.fromarray(np.ones((40, 40), dtype)) for dtype in (np.uint16, np.uint8))
    assert [stored(saved(picture, kind)).bits for picture in (deep, shallow)] == [16, 8]


def test_avif_tells_its_depth() -> None:
    pytest.importorskip("PIL._avif")
    data = saved(Image.fromarray(np.ones((16, 16, 3), np.uint8)), "AVIF")
    assert stored(data).bits == 8
    at = data.index(b"av1C") + 6
    with Image.open(io.BytesIO(data)) as image:
        assert StoredPixels.of(image, data[:at] + bytes([data[at] | 0x40]) + data[at + 1 :]).bits == 10


def test_values_that_readers_scale_are_known() -> None:
    header = b"P5\n1 1\n%d\n"
    assert [stored(header % white + b"\0\0").is_scaled for white in (15, 255, 1000, 65535)] == [
        True,
        False,
        True,
        False,
    ]


def test_an_8_bit_bitmap_of_two_greys_is_not_taken_for_1_bit() -> None:
    picture = Image.fromarray(np.zeros((4, 4), np.uint8))
    picture.putpalette([0, 0, 0, 255, 255, 255])
    with pytest.raises(ValueError, match="in 8 bits, which Pillow misreads"):
        stored(saved(picture, "BMP"))

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from segcli.datasets.image_file import read_image, read_size
from segcli.sample import DataError
from tests.datasets.made_files import damaged, made_file, tiff

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)


def save(path: Path, picture: Image.Image, orientation: int = 1, **options: object) -> Path:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture.save(path, exif=exif, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "webp"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_pixels_and_size_are_those_a_viewer_shows(tmp_path: Path, suffix: str, orientation: int) -> None:
    if suffix == "bmp" and orientation != 1:
        pytest.skip("BMP has no EXIF")
    options = {"compression": "tiff_lzw"} if suffix == "tif" else {}
    path = save(tmp_path / f"a.{suffix}", Image.fromarray(PIXELS), orientation, **options)
    turns = {1: 0, 3: 2, 6: 3}[orientation]  # against the clock
    with Image.open(path) as image:
        stored = PIXELS if suffix == "tif" else np.asarray(image.convert("RGB"))  # Pillow turns TIFF itself
        expected = np.rot90(stored, turns)
    np.testing.assert_array_equal(read_image(path, "RGB"), expected)
    assert read_size(path) == expected.shape[:2] == ((32, 24) if orientation == 6 else (24, 32))


def test_modes_give_channels(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(PIXELS))
    assert read_image(path, "RGBA").shape == (24, 32, 4)
    np.testing.assert_array_equal(read_image(path, "L"), np.asarray(Image.fromarray(PIXELS).convert("L")))


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[0, 1]], np.uint8))
    picture.putpalette([9, 8, 7, 1, 2, 3])
    assert read_image(save(tmp_path / "a.png", picture), "RGB").tolist() == [[[9, 8, 7], [1, 2, 3]]]


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, 0.9])
def test_a_truncated_file_is_named(tmp_path: Path, suffix: str, kept: float) -> None:
    path = save(tmp_path / f"a.{suffix}", Image.fromarray(PIXELS))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(DataError, match=rf"a\.{suffix} cannot be read as an image"):
        read_image(path, "RGB")


def test_bytes_after_the_end_of_a_jpeg_do_no_harm(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", Image.fromarray(PIXELS))
    expected = read_image(path, "RGB")
    path.write_bytes(path.read_bytes() + b"trailer")
    np.testing.assert_array_equal(read_image(path, "RGB"), expected)


def test_more_than_8_bits_are_refused(tmp_path: Path) -> None:
    deep = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    for name, picture in {
        "a.png": Image.fromarray(deep),
        "b.tif": Image.fromarray(deep.astype(np.int32)),
        "c.tif": Image.fromarray(deep.astype(np.float32)),
    }.items():
        picture.save(tmp_path / name)
        with pytest.raises(DataError, match=rf"{name} holds (integers.*|floating point numbers) of (16|32) bits"):
            read_image(tmp_path / name, "L")


def test_16_bit_colour_is_refused_though_pillow_calls_it_rgb(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((4, 4, 3), 40000, np.uint16))
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "RGB"
    with pytest.raises(DataError, match="integers of 16 bits per channel"):
        read_image(tmp_path / "a.png", "RGB")


def test_several_pictures_in_one_file_are_refused(tmp_path: Path) -> None:
    pages = [Image.fromarray(PIXELS), Image.fromarray(255 - PIXELS)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(DataError, match="holds 2 pictures"):
        read_image(tmp_path / "a.tif", "RGB")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"b\.png cannot be read"):
        read_image(tmp_path / "b.png", "RGB")


def test_sizes_come_from_the_header_alone(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG")
    (tmp_path / "a.png").write_bytes(buffer.getvalue()[:60])
    assert read_size(tmp_path / "a.png") == (24, 32)


@pytest.mark.filterwarnings("ignore")  # Pillow's, when it reads what is to be compared with
@pytest.mark.parametrize(
    "start", [0, *(pytest.param(start, marks=pytest.mark.slow) for start in range(200, 1000, 200))]
)
def test_no_image_is_read_wrongly(start: int, tmp_path: Path) -> None:
    """As Pillow converts it, unless OpenCV sees more than 8 bits or another number of channels than are returned."""
    wrong, read = [], 0
    for seed in range(start, start + 200):
        made, mode = made_file(seed), ("RGB", "L", "RGBA")[seed % 3]
        path = tmp_path / f"{seed}{made.suffix}"
        path.write_bytes(damaged(made.data, seed) if seed % 4 == 0 else made.data)
        try:
            pixels = read_image(path, mode)
        except DataError:
            continue
        read += 1
        deep = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            expected = np.array(image.convert(mode))
        if not np.array_equal(pixels, expected) or (deep is not None and deep.dtype != np.uint8):
            wrong.append((seed, made.kind))
    assert wrong == []
    assert read > 50


def test_channels_beyond_those_of_the_mode_are_refused(tmp_path: Path) -> None:
    for channels, mode in ((5, "RGB"), (4, "RGBA")):
        pixels = np.full((4, 4, channels), 9, np.uint8)
        (tmp_path / "a.tif").write_bytes(tiff(pixels, 8, 1, 2, (0,) * (channels - 3)))
        with pytest.raises(DataError, match=rf"holds {channels} channels, of which 3 would be read"):
            read_image(tmp_path / "a.tif", mode)


def test_a_flipped_bit_in_a_png_is_found(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(PIXELS))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="its chunk 'IDAT' is damaged"):
        read_image(path, "RGB")

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segcli.datasets.mask_file import lossy_format_of, read_mask
from segcli.sample import DataError
from tests.datasets.made_files import damaged, made_file, png, saved, tiff

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


def test_transparency_and_fractions_are_refused(tmp_path: Path) -> None:
    Image.merge("LA", [Image.fromarray(VALUES)] * 2).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png is partly transparent"):
        read_mask(tmp_path / "a.png")
    floats = VALUES.astype(np.float32)
    Image.fromarray(floats).save(tmp_path / "b.tif")
    np.testing.assert_array_equal(read_mask(tmp_path / "b.tif"), VALUES)
    for odd in (1.5, np.nan, np.inf, 2.0**30):
        floats[0, 0] = odd
        Image.fromarray(floats).save(tmp_path / "b.tif")
        with pytest.raises(DataError, match=r"b\.tif holds floats that are no integers \(1 pixels such as"):
            read_mask(tmp_path / "b.tif")


@pytest.mark.parametrize(
    "start", [0, *(pytest.param(start, marks=pytest.mark.slow) for start in range(200, 1000, 200))]
)
def test_no_file_is_read_wrongly(start: int, tmp_path: Path) -> None:
    """Whatever bits, modes, palettes and formats: the integers that were put in, or an error; most are no error."""
    wrong, read, sure = [], 0, 0
    for seed in range(start, start + 200):
        made = made_file(seed)
        sure += made.values is not None
        path = tmp_path / f"{seed}{made.suffix}"
        path.write_bytes(made.data)
        try:
            values = read_mask(path)
        except DataError:
            continue
        read += 1
        if made.values is None or not np.array_equal(values.astype(np.int64), made.values):
            wrong.append((seed, made.kind))
    assert wrong == []
    assert read > 0.4 * sure


@pytest.mark.filterwarnings("ignore")  # Pillow's, when it reads what is to be compared with
@pytest.mark.parametrize(
    "start", [0, *(pytest.param(start, marks=pytest.mark.slow) for start in range(200, 1000, 200))]
)
def test_damaged_files_are_refused_or_read_as_pillow_reads_them(start: int, tmp_path: Path) -> None:
    """A PNG has checksums, so that it is read as it was before the damage, or not at all."""
    wrong = []
    for seed in range(start, start + 200):
        made = made_file(seed)
        path = tmp_path / f"{seed}{made.suffix}"
        path.write_bytes(damaged(made.data, seed))
        try:
            values = read_mask(path)
        except DataError:
            continue
        if made.suffix == ".png":
            expected = made.values
        else:
            with Image.open(io.BytesIO(path.read_bytes())) as image:
                expected = np.array(image)
        expected = expected if expected is None or expected.ndim == 2 else expected[..., 0]
        bits = 8 * values.dtype.itemsize
        if expected is None or ((values.astype(np.int64) - expected.astype(np.int64)) % 2**bits).any():
            wrong.append((seed, made.kind))
    assert wrong == []


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".ppm"])
def test_16_bits_per_channel_are_refused_in_colour(tmp_path: Path, suffix: str, channels: int) -> None:
    cv2 = pytest.importorskip("cv2")
    channels = 3 if suffix == ".ppm" else channels
    cv2.imwrite(str(tmp_path / f"a{suffix}"), np.full((8, 8, channels), 1, np.uint16))
    with pytest.raises(DataError, match=r"holds 16 bits per channel in mode RGBA?, of which 8 would be lost"):
        read_mask(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF", "BMP"])
@pytest.mark.parametrize("first", [0, 255])
def test_black_and_white_palettes_are_never_inverted(tmp_path: Path, kind: str, first: int) -> None:
    picture = Image.fromarray(np.array([[0, 1, 0, 1]], np.uint8))
    picture.putpalette(np.repeat([first, 255 - first], 3).astype(np.uint8).tobytes())
    path = tmp_path / f"a.{kind.lower()}"
    path.write_bytes(
        saved(picture.convert("RGB").convert("P", palette=1, colors=2) if kind == "GIF" else picture, kind)
    )
    with pytest.raises(DataError, match=r"a grey palette in an order of its own|Pillow misreads") as error:
        read_mask(path)
    if "misreads" not in str(error.value):
        with Image.open(path) as image:  # as the error advises
            image.convert("L").save(tmp_path / "mask.png")
        expected = [[0, 255, 0, 255]] if first == 0 else [[255, 0, 255, 0]]
        assert read_mask(tmp_path / "mask.png").tolist() == expected
        with Image.open(path) as image:
            Image.fromarray(np.array(image)).save(tmp_path / "mask.png")
        assert set(read_mask(tmp_path / "mask.png").ravel().tolist()) == {0, 1}


def test_a_grey_palette_in_the_order_of_its_numbers_is_sure(tmp_path: Path) -> None:
    picture = Image.fromarray(VALUES)
    picture.putpalette(np.repeat(np.arange(256), 3).astype(np.uint8).tobytes())
    (tmp_path / "a.png").write_bytes(saved(picture, "PNG"))
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), VALUES)


def test_a_gif_in_colour_is_refused_since_writers_renumber_it(tmp_path: Path) -> None:
    palette_of(VALUES).save(tmp_path / "a.gif")
    with pytest.raises(DataError, match=r"a palette of a GIF in an order of its own \(0 is #"):
        read_mask(tmp_path / "a.gif")


@pytest.mark.parametrize("bits", [2, 4])
def test_greys_of_few_bits_are_refused(tmp_path: Path, bits: int) -> None:
    values = np.array([[0, 1], [2, 3]])
    for name, data in {"a.png": png(values[..., None], bits, 0), "a.tif": tiff(values[..., None], bits, 1, 1)}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError, match=rf"grey values of {bits} bits, which some readers scale"):
            read_mask(tmp_path / name)


@pytest.mark.parametrize(("bits", "sample_format"), [(8, 2), (16, 2), (32, 2), (32, 1), (16, 1)])
def test_signs_and_large_values_are_kept(tmp_path: Path, bits: int, sample_format: int) -> None:
    values = np.array([[0, -1 if sample_format == 2 else 2**bits - 1]]).astype(f"{'ui'[sample_format - 1]}{bits // 8}")
    (tmp_path / "a.tif").write_bytes(tiff(values[..., None], bits, sample_format, 1))
    np.testing.assert_array_equal(read_mask(tmp_path / "a.tif"), values)


def test_more_channels_than_are_read_are_refused(tmp_path: Path) -> None:
    values = np.array([[[1, 1, 1, 9]]], np.uint8)
    (tmp_path / "a.tif").write_bytes(tiff(values, 8, 1, 2, (0,)))
    with pytest.raises(DataError, match="holds 4 channels, expected one integer per pixel"):
        read_mask(tmp_path / "a.tif")


BEHIND_A_PROFILE: list[tuple[str, dict[str, object], str | None]] = [
    ("JPEG", {}, "JPEG"),
    ("WEBP", {"quality": 80}, "lossy WebP"),
    ("WEBP", {"lossless": True}, None),
]


@pytest.mark.parametrize(
    ("kind", "options", "name"),
    [
        ("JPEG", {}, "JPEG"),
        ("WEBP", {"quality": 80}, "lossy WebP"),
        ("WEBP", {"lossless": True}, None),
        ("JPEG2000", {"irreversible": True}, "lossy JPEG 2000"),
        ("JPEG2000", {}, None),
        ("TIFF", {"compression": "jpeg"}, "TIFF with JPEG inside"),
        ("TIFF", {"compression": "tiff_lzw"}, None),
        ("PNG", {}, None),
        *((kind, {**options, "icc_profile": bytes(9999)}, name) for kind, options, name in BEHIND_A_PROFILE),
    ],
)
def test_lossy_formats_are_known_whatever_a_file_is_called(
    tmp_path: Path, kind: str, options: dict[str, object], name: str | None
) -> None:
    picture = Image.fromarray(np.tile(VALUES, (32, 32)))
    (tmp_path / "a.png").write_bytes(saved(picture, kind, **options))
    assert lossy_format_of(tmp_path / "a.png") == name

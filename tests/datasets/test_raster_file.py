import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from segcli.datasets.image_file import read_image, read_size
from segcli.datasets.mask_file import read_mask
from segcli.datasets.raster_file import EXTENSIONS, FORMATS
from segcli.sample import DataError

UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, 3),
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: lambda pixels: np.rot90(pixels),
}
"""What makes stored pixels upright, by the tag of TIFF 6.0 (page 36)."""

DRAWN = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n"
PICTURE = Image.fromarray(np.zeros((8, 8, 3), np.uint8))


def test_postscript_called_png_starts_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gs", "gswin64c"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "a.png").write_bytes(DRAWN)
    for read in (read_mask, read_size, lambda path: read_image(path, "RGB")):
        with pytest.raises(DataError, match=r"a\.png cannot be read as an image: it is PostScript; convert it"):
            read(tmp_path / "a.png")
    assert not (tmp_path / "started").exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of formats that Pillow gives up
@pytest.mark.parametrize("kind", sorted(set(Image.SAVE) - set(FORMATS) - {"MPO"}))
def test_no_other_format_is_opened(kind: str, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    picture = PICTURE.resize((64, 64))
    try:
        picture.save(buffer, kind)
    except (OSError, ValueError, KeyError, AttributeError):
        pytest.skip("not written here in this mode")
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    with pytest.raises(DataError, match=r"a\.png cannot be read as an image"):
        read_image(tmp_path / "a.png", "RGB")


def test_extensions_are_those_of_the_formats() -> None:
    assert {".png", ".jpg", ".tif", ".gif", ".webp", ".mpo"} <= EXTENSIONS
    assert not {".eps", ".ps", ".pdf", ".wmf", ".emf", ".h5", ".psd"} & EXTENSIONS


def test_a_bomb_is_one_plain_error(tmp_path: Path) -> None:
    Image.new("1", (20000, 20000)).save(tmp_path / "a.png")
    for read in (read_mask, read_size):
        with pytest.raises(DataError, match=r"a\.png is too large, or made to exhaust the memory.*cut it into tiles"):
            read(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"", "it is empty"), (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"), (b"x", "it")],
)
def test_other_files_are_named(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(DataError, match=rf"a\.png cannot be read as an image.*{what}"):
        read_mask(tmp_path / "a.png")


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_tiff_is_read_upright_or_not_at_all(tmp_path: Path, orientation: int, compression: str | None) -> None:
    """Pillow 13.0 mixes up rows and columns where it copies pixels that are stored on their side."""
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)
    tag = (0x0112, "H", 1, orientation, True)
    tifffile.imwrite(tmp_path / "a.tif", pixels, compression=compression, extratags=[tag])
    if orientation >= 5 and compression is None:
        for read in (read_mask, read_size, lambda path: read_image(path, "L")):
            with pytest.raises(DataError, match=rf"stored turned \(orientation {orientation}\).*save it upright"):
                read(tmp_path / "a.tif")
        return
    upright = UPRIGHT[orientation](pixels)
    np.testing.assert_array_equal(read_mask(tmp_path / "a.tif"), upright)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif", "L"), upright)
    assert read_size(tmp_path / "a.tif") == upright.shape

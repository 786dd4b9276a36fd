import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.datasets.image_file import read_image, read_size
from segcli.datasets.mask_file import read_mask
from segcli.datasets.raster_file import EXTENSIONS, FORMATS
from segcli.sample import DataError

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

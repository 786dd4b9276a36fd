import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.downloads.contents import check_file, pixel_digest
from segcli.downloads.download_error import DownloadError
from segcli.downloads.known import DATA_SETS
from tests.datamodules.data import write_image, write_mask
from tests.test_data_presets import CAMVID, needs_camvid


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_a_file_with_another_checksum_is_deleted(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "a.tar"
    file.write_bytes(b"content")
    right = hashlib.new(kind, b"content").hexdigest()
    check_file(file, f"{kind}:{right}")
    check_file(file, "")
    wrong = hashlib.new(kind, b"other").hexdigest()
    with pytest.raises(DownloadError, match=f"a.tar has {kind} {right}, expected {wrong}; it was deleted"):
        check_file(file, f"{kind}:{wrong}")
    assert not file.exists()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        write_image(tmp_path / "train" / f"{name}.png")
    return tmp_path / "train"


def _one_pixel(folder: Path) -> None:
    pixels = np.array(Image.open(folder / "a.png"))
    pixels[0, 0, 0] ^= 1
    Image.fromarray(pixels).save(folder / "a.png")


def _two_names(folder: Path) -> None:
    for source, target in (("a", "c"), ("b", "a"), ("c", "b")):
        (folder / f"{source}.png").rename(folder / f"{target}.png")


def _shape(folder: Path) -> None:
    pixels = np.array(Image.open(folder / "a.png"))
    Image.fromarray(pixels.reshape(pixels.shape[1], pixels.shape[0], 3)).save(folder / "a.png")


@pytest.mark.parametrize(
    "change",
    [
        _one_pixel,
        _two_names,
        _shape,
        lambda folder: write_image(folder / "c.png"),
        lambda folder: (folder / "b.png").unlink(),
        lambda folder: (folder / "b.png").rename(folder / "d.png"),
    ],
    ids=["pixel", "names", "shape", "more", "fewer", "name"],
)
def test_other_images_have_another_digest(change: Callable[[Path], None], folder: Path) -> None:
    before = pixel_digest(folder)
    change(folder)
    assert pixel_digest(folder) != before


def test_other_compression_has_the_same_digest(folder: Path) -> None:
    write_mask(folder / "m.png", (0, 1, 2))
    before, bytes_before = pixel_digest(folder), (folder / "m.png").read_bytes()
    image = Image.open(folder / "m.png")
    image.load()
    image.save(folder / "m.png", compress_level=0)
    assert (folder / "m.png").read_bytes() != bytes_before
    assert pixel_digest(folder) == before


@pytest.mark.parametrize("content", [b"", b"<html>", None], ids=["empty", "a page", "half"])
def test_a_file_that_is_no_image_is_told(content: bytes | None, folder: Path) -> None:
    whole = (folder / "a.png").read_bytes()
    (folder / "a.png").write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(DownloadError, match=r"a\.png that came is no image that can be read"):
        pixel_digest(folder)


@needs_camvid
def test_digests_are_those_of_camvid() -> None:
    found = {folder: pixel_digest(CAMVID / folder) for folder in ("val", "valannot")}
    assert found == {folder: digest for folder, digest in DATA_SETS["camvid"].pixels.items() if folder in found}

from pathlib import Path

import numpy as np
import pytest
import tifffile

from segcli.datasets.image_channels import ImageForm
from segcli.datasets.record_image import checked_size, read_record_image, record_form, record_size, require_form
from segcli.sample import DataError

PIXELS = np.random.default_rng(0).integers(0, 65536, (6, 8, 3), dtype=np.uint16)


def bands(folder: Path, *pixels: np.ndarray) -> list[Path]:
    files = [folder / f"{number}.tif" for number in range(len(pixels))]
    for file, band in zip(files, pixels, strict=True):
        tifffile.imwrite(file, band, photometric="minisblack")
    return files


def test_files_are_stacked_in_their_order(tmp_path: Path) -> None:
    files = bands(tmp_path, *np.moveaxis(PIXELS, -1, 0))
    np.testing.assert_array_equal(read_record_image(files, "native"), PIXELS, strict=True)
    np.testing.assert_array_equal(read_record_image(files[::-1], "native"), PIXELS[..., ::-1])
    assert record_form(files) == (ImageForm(3, "uint16"), (6, 8))
    assert record_size(files, "native") == (6, 8)
    assert read_record_image(files[:1], "native").shape == (6, 8)


@pytest.mark.parametrize("other", [PIXELS[:5, :, 0], PIXELS[..., 0].astype(np.float32)], ids=["size", "type"])
def test_files_of_an_image_are_alike(tmp_path: Path, other: np.ndarray) -> None:
    files = bands(tmp_path, PIXELS[..., 0], other)
    for read in (lambda: read_record_image(files, "native"), lambda: record_form(files)):
        with pytest.raises(DataError, match=r"0\.tif has 6 x 8 px of uint16 and .*1\.tif"):
            read()


def test_an_image_of_another_form_or_with_holes_is_found(tmp_path: Path) -> None:
    holes = np.full((6, 8), np.nan, np.float32)
    files = bands(tmp_path, holes)
    content = [files[0].read_bytes()]
    assert checked_size(files, None, ImageForm(1, "float32")) == (6, 8)  # headers do not tell
    with pytest.raises(DataError, match="48 pixels that are no numbers"):
        checked_size(files, content, ImageForm(1, "float32"))
    with pytest.raises(
        DataError, match="has 1 channel of float32, and the first image of the data 3 channels of uint16"
    ):
        checked_size(files, content, ImageForm(3, "uint16"))
    require_form(files[0], ImageForm(3, "uint16"), ImageForm(3, "uint16"))

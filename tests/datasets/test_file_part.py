from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from segcli.datasets.file_part import FilePart
from segcli.datasets.image_channels import form_of, read_channels
from segcli.datasets.mask_file import read_mask
from segcli.sample import DataError
from tests.datasets.part_files import PLACED, write_scene, write_volume

WINDOW = "r08_c04", (range(8, 24), range(4, 34))
SLICE = "z2", (range(4), range(5), 2)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 13])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64"])
def test_a_part_reads_as_a_file_of_its_own(tmp_path: Path, channels: int, dtype: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 99, (40, 50, channels)).astype(dtype)
    write_scene(tmp_path / "a.tif", pixels)
    part = FilePart(tmp_path / "a.tif", *WINDOW)
    assert part.size == (16, 30)
    assert part.path == tmp_path / "a.tif" / "r08_c04"
    read = read_channels(part.path, part.read())
    np.testing.assert_array_equal(read, pixels[8:24, 4:34])
    assert part.form() == form_of(read)


@pytest.mark.parametrize(("low", "high"), [(0, 255), (0, 65535), (-1, 5), (-(2**31), 2**31 - 1), (0, 2**20)])
@pytest.mark.parametrize("dtype", ["int32", "float64"])
def test_masks_keep_their_integers(tmp_path: Path, low: int, high: int, dtype: str) -> None:
    if dtype == "float64" and max(-low, high) > 2**24:
        pytest.skip("float32 would round them")
    values = np.random.default_rng(2).integers(low, high + 1, (40, 50)).astype(dtype)
    values[8, 4:6] = low, high
    write_scene(tmp_path / "a.tif", values)
    part = FilePart(tmp_path / "a.tif", *WINDOW, is_mask=True)
    np.testing.assert_array_equal(read_mask(part.path, part.read()), values[8:24, 4:34])


def test_masks_of_volumes_are_exact_or_refused(tmp_path: Path) -> None:
    values = np.ones((4, 5, 6))
    write_volume(tmp_path / "a.nii.gz", values)
    part = FilePart(tmp_path / "a.nii.gz", *SLICE, is_mask=True)
    assert (read_mask(part.path, part.read()) == 1).all()
    values[1, 2, 2] += 1e-12
    write_volume(tmp_path / "a.nii.gz", values)
    with pytest.raises(DataError, match=r"a\.nii\.gz/z2 holds floats that are no integers \(1 pixels"):
        part.read()
    write_scene(tmp_path / "b.tif", np.full((40, 50), 2**32 - 1, np.uint32))
    with pytest.raises(DataError, match="expected a mask of at most 32 bits"):
        FilePart(tmp_path / "b.tif", *WINDOW, is_mask=True).read()


def test_what_tells_beside_a_scene_what_holds_nothing_is_part_of_the_identity(tmp_path: Path) -> None:
    write_scene(tmp_path / "a.tif", np.full((40, 50), 7, np.uint8), **PLACED)
    kept, ignored = (FilePart(tmp_path / "a.tif", *WINDOW, ignores_nodata=each) for each in (False, True))
    mask = replace(ignored, is_mask=True)
    before = [part.identity for part in (kept, mask, ignored)]
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(tmp_path / "a.tif", "r+") as file:
        file.write_mask(np.arange(40 * 50).reshape(40, 50) % 2 == 1)
    assert (tmp_path / "a.tif.msk").exists()
    lacking = ignored.without_data()
    assert lacking is not None
    assert lacking.sum() == 16 * 15
    same = [part.identity == old for part, old in zip((kept, mask, ignored), before, strict=True)]
    assert same == [True, True, False]


def test_palettes_are_indices_of_masks_and_no_images(tmp_path: Path) -> None:
    values = np.arange(2000, dtype=np.uint8).reshape(40, 50) % 3
    write_scene(tmp_path / "a.tif", values, photometric="PALETTE", **PLACED)
    with rasterio.open(tmp_path / "a.tif", "r+") as file:
        file.write_colormap(1, {0: (255, 0, 0), 1: (0, 255, 0), 2: (0, 0, 255)})
    part = FilePart(tmp_path / "a.tif", *WINDOW, is_mask=True)
    np.testing.assert_array_equal(read_mask(part.path, part.read()), values[8:24, 4:34])
    with pytest.raises(DataError, match="holds a palette"):
        FilePart(tmp_path / "a.tif", *WINDOW).read()


def test_what_holds_nothing_is_0_where_it_is_ignored(tmp_path: Path) -> None:
    pixels = np.full((40, 50, 2), 7, np.float32)
    pixels[8, 4] = np.nan
    write_scene(tmp_path / "a.tif", pixels)
    kept = FilePart(tmp_path / "a.tif", *WINDOW)
    assert kept.without_data() is None
    with pytest.raises(DataError, match="1 pixels that are no numbers"):
        read_channels(kept.path, kept.read())
    ignored = FilePart(tmp_path / "a.tif", *WINDOW, ignores_nodata=True)
    lacking = ignored.without_data()
    assert lacking is not None
    assert np.argwhere(lacking).tolist() == [[0, 0]]
    assert read_channels(ignored.path, ignored.read())[0, :2].tolist() == [[0, 0], [7, 7]]
    other = replace(kept, at=(range(1), range(1)))
    assert len({part.identity for part in (kept, ignored, other)}) == 3  # caches tell them apart

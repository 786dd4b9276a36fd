from pathlib import Path

import numpy as np
import pytest

from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.inspection.check_data import check_data
from segcli.inspection.finding import Finding
from tests.datasets.part_files import PLACED, write_scene, write_volume


def _scenes(root: Path, **keys: object) -> list[Finding]:
    rng = np.random.default_rng(0)
    for name in ("train/a", "val/b"):
        pixels, mask = rng.integers(1, 255, (40, 48, 3), np.uint8), rng.integers(0, 2, (40, 48), np.uint8)
        pixels[3, 4], mask[3, 4] = 0, 9
        write_scene(root / f"{name}.tif", pixels, nodata=0, **PLACED)
        write_scene(root / f"{name}_mask.tif", mask, nodata=9, **PLACED)
    patterns = {"image": "{split}/{name}.tif", "mask": "{split}/{name}_mask.tif", "window": 24, "batch_size": 1}
    data = PatternDataModule(str(root), **patterns, **keys)  # type: ignore[arg-type]
    return [each for each in check_data(data).findings if each.kind not in ("image-sizes", "uneven-classes")]


def test_pixels_without_data_that_count_are_noted(tmp_path: Path) -> None:
    image, mask = _scenes(tmp_path, mask_values={0: "ground", 1: "field", 9: "sea"})
    assert (image.severity, image.kind) == ("note", "nodata")
    assert image.message == "2 images state a value for pixels without data (0), which is not ignored"
    assert mask.message == "2 masks state a value for pixels without data (9), which is not ignored"
    assert "data.ignore_values" in mask.advice
    assert sorted(mask.files) == [str(tmp_path / name) for name in ("train/a_mask.tif", "val/b_mask.tif")]


def test_those_that_are_ignored_are_not(tmp_path: Path) -> None:
    assert _scenes(tmp_path, classes=["ground", "field"], ignore_values=[9], nodata="ignore") == []


def test_a_value_of_no_class_is_an_error(tmp_path: Path) -> None:
    found = _scenes(tmp_path, classes=["ground", "field"], nodata="ignore")
    assert [finding.severity for finding in found] == ["error"]
    assert "a_mask.tif/r00_c00" in str(found[0].files)


@pytest.mark.parametrize("turned", [False, True])
def test_volumes_that_are_stored_otherwise_are_told(tmp_path: Path, turned: bool) -> None:
    rng = np.random.default_rng(0)
    for name, other in (("train/a", False), ("val/b", turned)):
        affine = np.diag([2.0, -2.0, 2.0, 1.0] if other else [-2.0, -2.0, 2.0, 1.0])
        write_volume(tmp_path / f"{name}.nii.gz", rng.integers(0, 99, (24, 24, 3), np.int16), affine)
        write_volume(tmp_path / f"{name}_m.nii.gz", rng.integers(0, 2, (24, 24, 3), np.uint8), affine)
    patterns = {"image": "{split}/{name}.nii.gz", "mask": "{split}/{name}_m.nii.gz", "image_mode": "native"}
    data = PatternDataModule(str(tmp_path), classes=["a", "b"], slice_axis=2, **patterns)  # type: ignore[arg-type]
    found = [finding for finding in check_data(data).findings if finding.kind == "orientations"]
    assert len(found) == turned
    assert not found or "2 orientations, LPS, RPS" in found[0].message

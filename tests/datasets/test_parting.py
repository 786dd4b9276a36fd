from pathlib import Path

import numpy as np
import pytest

from segcli.datasets.file_part import FilePart
from segcli.datasets.parting import Parting
from segcli.datasets.record import MaskFile, Record
from segcli.sample import DataError
from tests.datasets.part_files import PLACED, write_scene, write_volume


def _scene(folder: Path, size: tuple[int, int] = (40, 50)) -> Record:
    write_scene(folder / "a.tif", np.zeros((*size, 4), np.uint16), **PLACED)
    write_scene(folder / "a_mask.tif", np.zeros(size, np.uint8), **PLACED)
    return Record("a", folder / "a.tif", (MaskFile(folder / "a_mask.tif"),))


def _part(record: Record) -> FilePart:
    (part,) = record.packed
    assert isinstance(part, FilePart)
    return part


@pytest.mark.parametrize("size", [(40, 50), (16, 16), (17, 15), (7, 64)])
def test_windows_cover_every_pixel_once(tmp_path: Path, size: tuple[int, int]) -> None:
    covered = np.zeros(size, int)
    for record in Parting(window=16).cut([_scene(tmp_path, size)]):
        part = _part(record)
        rows, columns = part.at
        assert isinstance(rows, range)
        assert isinstance(columns, range)
        assert max(part.size) <= 16
        covered[rows.start : rows.stop, columns.start : columns.stop] += 1
    assert (covered == 1).all()


def test_windows_overlap_and_have_names_and_a_group(tmp_path: Path) -> None:
    found = Parting(window=32, overlap=8).cut([_scene(tmp_path)])
    parts = [_part(record) for record in found]
    assert [record.name for record in found] == ["a/r00_c00", "a/r00_c24", "a/r24_c00", "a/r24_c24"]
    assert {record.group for record in found} == {"a"}
    assert [part.size for part in parts] == [(32, 32), (32, 26), (16, 32), (16, 26)]


@pytest.mark.parametrize(("axis", "count", "size"), [(0, 12, (5, 6)), (1, 5, (12, 6)), (2, 6, (12, 5))])
def test_slices_lie_along_an_axis(tmp_path: Path, axis: int, count: int, size: tuple[int, int]) -> None:
    for name in ("a", "m"):
        write_volume(tmp_path / f"{name}.nii.gz", np.zeros((12, 5, 6), np.int16))
    record = Record("a", tmp_path / "a.nii.gz", (MaskFile(tmp_path / "m.nii.gz"),), group="patient")
    found = Parting(slice_axis=axis).cut([record])
    assert len(found) == count
    assert [_part(record).size for record in found] == [size] * count
    assert {record.group for record in found} == {"patient"}
    assert found[1].name == ("a/x01" if axis == 0 else f"a/{'xyz'[axis]}1")


def test_files_are_read_whole_without_keys(tmp_path: Path) -> None:
    record = Record("a", tmp_path / "missing.tif")
    assert Parting().cut([record]) == [record]


def test_all_samples_at_fault_are_told(tmp_path: Path) -> None:
    records = [_scene(tmp_path / str(number)) for number in range(4)]
    write_scene(tmp_path / "1" / "a_mask.tif", np.zeros((40, 51), np.uint8), **PLACED)
    write_scene(tmp_path / "2" / "a_mask.tif", np.zeros((40, 50), np.uint8), **{**PLACED, "crs": "EPSG:4326"})
    (tmp_path / "3" / "a.tif").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        Parting(window=16).cut(records)
    lines = str(caught.value).splitlines()
    assert lines[0] == "3 files are at fault:"
    assert "1/a.tif is 40 x 50 px, " in lines[1]
    assert "1/a_mask.tif is 40 x 51 px" in lines[1]
    assert "their coordinates are of EPSG:32633 and of EPSG:4326" in lines[2]
    assert "3/a.tif is empty" in lines[3]
    assert "Resample the mask onto the image's grid" in lines[4]


def test_volumes_that_do_not_lie_on_each_other(tmp_path: Path) -> None:
    write_volume(tmp_path / "a.nii", np.zeros((4, 5, 6), np.int16))
    write_volume(tmp_path / "m.nii", np.zeros((4, 5, 6), np.uint8), np.diag([2.0, -2.0, 3.0, 1.0]))
    record = Record("a", tmp_path / "a.nii", (MaskFile(tmp_path / "m.nii"),))
    with pytest.raises(DataError, match=r"a\.nii and .*m\.nii do not lie on each other: .* up to 8 pixels apart"):
        Parting(slice_axis=2).cut([record])


def test_a_file_of_the_other_kind_is_told(tmp_path: Path) -> None:
    write_volume(tmp_path / "a.nii", np.zeros((4, 5, 6), np.int16))
    with pytest.raises(DataError, match=r"a\.nii does not go with data\.window, expected data\.slice_axis"):
        Parting(window=16).cut([Record("a", tmp_path / "a.nii")])
    with pytest.raises(DataError, match=r"a\.tif does not go with data\.slice_axis, expected data\.window"):
        Parting(slice_axis=0).cut([_scene(tmp_path)])
    record = Record("a", tmp_path / "a.tif", (MaskFile(tmp_path / "a.json"),))
    with pytest.raises(DataError, match=r"a\.json is of shapes"):
        Parting(window=16).cut([record])


def test_what_lies_in_another_file_has_no_parts(tmp_path: Path) -> None:
    (part, *_) = Parting(window=16).cut([_scene(tmp_path)])
    with pytest.raises(DataError, match=r"a\.tif/r00_c00 or its mask lies inside another file"):
        Parting(window=16).cut([part])


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ({"window": 16, "slice_axis": 0}, "got window and slice_axis"),
        ({"window": 0}, r"data\.window got 0"),
        ({"window": 16, "overlap": 16}, r"data\.overlap got 16, expected 0 to below data\.window, 16"),
        ({"window": 16, "overlap": -1}, r"data\.overlap got -1"),
        ({"slice_axis": 3}, r"data\.slice_axis got 3"),
        ({"overlap": 2}, r"data\.overlap got 2, expected data\.window"),
        ({"nodata": "ignore"}, r"data\.nodata got ignore, expected data\.window"),
        ({"slice_axis": 2, "overlap": 2}, r"data\.overlap got 2, expected data\.window"),
    ],
)
def test_keys_that_do_not_go_together(keys: dict[str, object], what: str) -> None:
    with pytest.raises(DataError, match=what):
        Parting(**keys)  # type: ignore[arg-type]

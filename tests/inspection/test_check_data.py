from pathlib import Path

import pytest
from PIL import Image

from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.inspection.check_data import check_data
from segcli.sample import DataError
from tests.inspection.data import data_in, scene, the_only, write, write_data


def test_data_without_fault_have_no_finding(tmp_path: Path) -> None:
    report = check_data(data_in(write_data(tmp_path)))
    assert report.findings == []
    assert report.images == {"train": 4, "val": 2}
    assert check_data(ShapesDataModule(train_size=40, val_size=20, test_size=20)).findings == []


def test_data_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is missing"):
        check_data(data_in(tmp_path / "nowhere"))


def test_the_worst_is_first(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    write(folder, "val", "z", scene(50, 30, 40))
    Image.fromarray(scene(51)).save(folder / "left_over.png")
    write(folder, "val", "y", scene(0))
    severities = [finding.severity for finding in check_data(data_in(folder)).findings]
    assert severities == ["error", "warning", "note"]


def test_a_test_split_is_read_where_there_isthe_only(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    write(folder, "test", "t", scene(3))
    report = check_data(data_in(folder))
    assert report.images == {"train": 4, "val": 2, "test": 1}
    assert the_only(report, "copies-across-splits").files[0].startswith("train: d.png = test: t.png")

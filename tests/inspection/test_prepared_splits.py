from pathlib import Path

import pytest

from segcli.inspection.prepared_splits import prepare_splits
from segcli.sample import DataError, NoSplitError
from tests.inspection.data import data_in, scene, write, write_data


def test_a_test_split_that_is_not_there_is_no_fault(tmp_path: Path) -> None:
    data = data_in(write_data(tmp_path))
    assert prepare_splits(data) == {}
    assert list(data.datasets) == ["train", "val"]


def test_a_val_split_that_is_not_there_is_one(tmp_path: Path) -> None:
    write(tmp_path, "train", "a", scene(0))
    data = data_in(tmp_path, val_fraction=0)
    refused = prepare_splits(data)
    assert list(refused) == ["val"]
    assert isinstance(refused["val"], NoSplitError)
    assert list(data.datasets) == ["train"]


def test_why_others_cannot_be_prepared_is_kept(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    write(folder, "test", "t", scene(9))
    for split in ("val", "test"):
        next((folder / split / "labels").iterdir()).unlink()
    refused = prepare_splits(data_in(folder))
    assert list(refused) == ["val", "test"]
    assert "have no mask" in str(refused["val"])


def test_without_any_split_the_first_reason_is_raised(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="to train with"):
        prepare_splits(data_in(tmp_path / "nowhere"))


def test_a_group_that_does_not_fit_refuses_a_split(tmp_path: Path) -> None:
    data = data_in(write_data(tmp_path), group="{clip}_*")
    with pytest.raises(DataError, match="does not fit"):
        prepare_splits(data)

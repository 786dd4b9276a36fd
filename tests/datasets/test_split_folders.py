from pathlib import Path

import pytest

from segcli.datasets.split_folders import split_folders, unread_hint
from segcli.sample import DataError


def test_both_layouts_and_none(tmp_path: Path) -> None:
    (tmp_path / "flat" / "images").mkdir(parents=True)
    assert split_folders(tmp_path / "flat", "images", "labels") == {}

    outer = tmp_path / "outer"
    (outer / "train" / "images").mkdir(parents=True)
    (outer / "test" / "images").mkdir(parents=True)
    assert split_folders(outer, "images", "labels") == {
        "train": (outer / "train" / "images", outer / "train" / "labels"),
        "test": (outer / "test" / "images", outer / "test" / "labels"),
    }

    inner = tmp_path / "inner"
    (inner / "images" / "val").mkdir(parents=True)
    assert split_folders(inner, "images", "labels") == {"val": (inner / "images" / "val", inner / "labels" / "val")}


@pytest.mark.parametrize("val", ["val", "valid", "validation", "Val", "VALID"])
@pytest.mark.parametrize("layout", ["{split}/images", "images/{split}"])
def test_other_names_of_splits_count(tmp_path: Path, val: str, layout: str) -> None:
    for split in ("Train", val, "testing"):
        for kind in ("images", "labels"):
            (tmp_path / layout.format(split=split).replace("images", kind)).mkdir(parents=True)
    found = split_folders(tmp_path, "images", "labels")
    assert list(found) == ["train", "val", "test"]
    assert found["val"][0] == tmp_path / layout.format(split=val)
    assert all(folder.is_dir() for pair in found.values() for folder in pair)


def test_two_folders_of_one_split_are_refused(tmp_path: Path) -> None:
    for split in ("val", "valid"):
        (tmp_path / split / "images").mkdir(parents=True)
    with pytest.raises(DataError, match=r"val and .*valid are both folders of the split val; rename or merge one"):
        split_folders(tmp_path, "images", "labels")


@pytest.mark.parametrize("name", ["dev", "Dev", "eval", "evaluation"])
@pytest.mark.parametrize("layout", ["{}/images", "images/{}"])
def test_a_folder_that_is_meant_for_validation_is_no_silent_part_of_nothing(
    tmp_path: Path, name: str, layout: str
) -> None:
    for split in ("train", name):
        (tmp_path / layout.format(split)).mkdir(parents=True)
    with pytest.raises(DataError, match=rf"{name} is no split by its name: folders for validation are called val"):
        split_folders(tmp_path, "images", "labels")
    (tmp_path / layout.format("valid")).mkdir(parents=True)
    assert list(split_folders(tmp_path, "images", "labels")) == ["train", "val"]


@pytest.mark.parametrize("layout", ["{}/images", "images/{}"])
@pytest.mark.parametrize("name", ["trn", "holdout", "dev", "fold_1", "test2", "unlabelled"])
def test_other_folders_are_named_with_what_is_read(tmp_path: Path, layout: str, name: str) -> None:
    for split in ("val", name):
        (tmp_path / layout.format(split)).mkdir(parents=True)
    folder = layout.format(name).removesuffix("/images")
    assert unread_hint(tmp_path, "images").endswith(f"val (valid, validation) and test (testing); not read: {folder}.")


def test_sub_folders_that_are_read_are_not_named(tmp_path: Path) -> None:
    for folder in ("images/berlin", "images/bonn", "labels/bonn", "notes"):
        (tmp_path / folder).mkdir(parents=True)
    assert unread_hint(tmp_path, "images") == ""
    assert unread_hint(tmp_path / "nowhere", "images") == ""

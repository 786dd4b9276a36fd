from pathlib import Path

import pytest

from segcli.survey.folder import look_at_folder
from segcli.survey.split_names import meant_splits, name_lists
from tests.survey.data import picture


@pytest.mark.parametrize(
    ("texts", "meant"),
    [
        (["train", "val"], None),
        (["Training", "validation", "test"], None),
        (["train"], None),
        (["train", "val", "trainval"], None),
        (["trainval", "test"], {"train": "trainval", "test": "test"}),
        (["train", "dev"], {"train": "train", "val": "dev"}),
        (["train", "val", "valid"], {"train": "train", "val": "val"}),
    ],
)
def test_only_unusual_names_are_explained(texts: list[str], meant: dict[str, str] | None) -> None:
    assert meant_splits(texts) == meant


@pytest.fixture
def images(tmp_path: Path) -> list[str]:
    names = [f"images/{name}.png" for name in "abcd"]
    for name in names:
        picture(tmp_path / name)
    (tmp_path / "ImageSets").mkdir()
    return names


def write(root: Path, **lists: str) -> None:
    for name, text in lists.items():
        (root / "ImageSets" / f"{name}.txt").write_text(text)


def test_lists_name_images_in_any_spelling(tmp_path: Path, images: list[str]) -> None:
    write(tmp_path, train="a 1 1\nimages/b.png\n# no\n", val="./images/c\n", readme_train="a\n")
    found = name_lists(look_at_folder(tmp_path), images)
    assert found is not None
    assert found.pattern == "ImageSets/{split}.txt"
    assert found.images == {"train": ["images/a.png", "images/b.png"], "val": ["images/c.png"]}


@pytest.mark.parametrize(
    "lists",
    [
        {"train": "a\nstranger\n"},
        {"train": "a\nb\n", "val": "b\n"},
        {"val": "a\n"},
        {"train": ""},
        {"notes": "a\n"},
    ],
)
def test_other_lists_are_none(tmp_path: Path, images: list[str], lists: dict[str, str]) -> None:
    write(tmp_path, **lists)
    assert name_lists(look_at_folder(tmp_path), images) is None


def test_a_list_of_all_images_is_one_too(tmp_path: Path, images: list[str]) -> None:
    write(tmp_path, default="a\nb\nc\n")
    found = name_lists(look_at_folder(tmp_path), images)
    assert found is not None
    assert [*found.images] == ["default"]

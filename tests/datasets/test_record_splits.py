from pathlib import Path
from typing import Any

import pytest

from segcli.datasets.group_pattern import GroupPattern
from segcli.datasets.record import Record
from segcli.datasets.record_splits import RecordSplits
from segcli.sample import DataError


def splits(root: Path, *names: str, **keys: Any) -> RecordSplits:  # noqa: ANN401  (any of the keys)
    """Records ``SPLIT/NAME``, or without split."""
    records = [
        Record(name.rpartition("/")[2], root / f"{name}.png", split=name.rpartition("/")[0] or None) for name in names
    ]
    usual: dict[str, Any] = {
        "named": None,
        "split_files": None,
        "val_fraction": 0.2,
        "test_fraction": 0.2,
        "split_seed": 0,
        "limit": None,
    }
    return RecordSplits(root, records, **{**usual, **keys})


def sizes(found: RecordSplits) -> list[int]:
    return [len(found.of(split)) for split in ("train", "val", "test")]


def test_what_no_path_names_is_split_by_hashes(tmp_path: Path) -> None:
    names = [f"{number:02d}" for number in range(20)]
    assert sizes(splits(tmp_path, *names)) == [12, 4, 4]
    found = splits(tmp_path, *(f"train/{name}" for name in names), "test/a", "test/b")
    assert sizes(found) == [16, 4, 2]
    assert len(found.used()) == 22
    assert sizes(splits(tmp_path, *names, limit=5)) == [5, 4, 4]
    one, other = (splits(tmp_path, *names, split_seed=seed).of("val") for seed in (0, 1))
    assert one != other


def test_without_a_split_to_train_with_there_is_none(tmp_path: Path) -> None:
    found = splits(tmp_path, "val/a", "test/b", named={"val": "val", "test": "test"})
    assert sizes(found) == [0, 1, 1]
    assert found.absence("train") == ("there is val, test, and none to train with; name a split train in data.splits.")


def test_lists_may_be_called_as_usual_and_hold_paths(tmp_path: Path) -> None:
    (tmp_path / "training.txt").write_text("\ufeffx y\nb.png extra\n", encoding="utf-8")
    found = splits(tmp_path, "x y", "b", "c", split_files="{split}.txt")
    assert [record.name for record in found.of("train")] + [record.name for record in found.of("val")] == ["x y", "b"]
    assert [record.name for record in found.used()] == ["x y", "b"]


def test_lists_that_are_no_text_or_empty_are_refused(tmp_path: Path) -> None:
    for content, message in ((b"\xff\xfe\x00", "cannot be read as text"), (b"\n# nothing\n", "names no image")):
        (tmp_path / "train.txt").write_bytes(content)
        with pytest.raises(DataError, match=message):
            splits(tmp_path, "a", "b", split_files="{split}.txt").of("train")


def test_a_name_that_two_images_share_names_neither(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("0\n")
    with pytest.raises(DataError, match=r"train\.txt names 0, as several images are called; name them by their paths"):
        splits(tmp_path, "a/0", "b/0", split_files="{split}.txt").of("train")
    (tmp_path / "train.txt").write_text("a/0\n")
    assert len(splits(tmp_path, "a/0", "b/0", split_files="{split}.txt").used()) == 1


@pytest.mark.parametrize(
    ("names", "keys", "message"),
    [
        (
            ("train2017/a", "val2017/b"),
            {},
            r"is train2017, val2017, and none.*such as \{train: train2017, val: val2017\}",
        ),
        (("Training/a", "dev/b", "test/c"), {}, r"such as \{train: Training, val: dev, test: test\}"),
        (("train/a", "extra/c", "test/b"), {}, r"such as \{train: train, test: test\}, or train alone"),
        (("Tr/a", "Ts/b"), {}, r"such as \{train: Tr, test: Ts\}"),
        (("train/a", "val/b", "valid/c"), {}, "is val and valid, both of split val"),
        (("Train/a",), {"named": {"train": "Train", "valid": "Dev"}}, r"got the key 'valid' \(did you mean 'val'\?\)"),
        (("a/b",), {"named": {"train": "a", "val": "a"}}, "expected another name for each split"),
        (("a/b",), {"named": {"train": "a", "val": "c"}}, "nowhere 'c'; there are a"),
        (
            ("a",),
            {"split_files": "list/{split}.txt"},
            r"got 'list/\{split\}\.txt', which fits no file; .* contains more\.csv",
        ),
        (
            ("a",),
            {"split_files": "{split}.csv"},
            r"and more is not called like a split; give data\.splits|none of these is",
        ),
    ],
)
def test_names_that_say_nothing_are_not_passed_over(
    names: tuple[str, ...], keys: dict[str, Any], message: str, tmp_path: Path
) -> None:
    (tmp_path / "more.csv").write_text("a\n")
    with pytest.raises(DataError, match=rf"(?s){message}"):
        splits(tmp_path, *names, **keys).of("val")


def test_lists_are_called_like_splits_in_any_case_and_default_is_all(tmp_path: Path) -> None:
    for name, text in (("Train.txt", "a\nb\n"), ("VALID.txt", "./c.png\n")):
        (tmp_path / name).write_text(text)
    assert sizes(splits(tmp_path, "a", "b", "c", "d", split_files="{split}.txt", test_fraction=0)) == [2, 1, 0]
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "default.txt").write_text("a\nb\nc,1\n  # d\n")
    found = splits(tmp_path, "a", "b", "c", "d", split_files="lists/{split}.txt", test_fraction=0)
    assert sizes(found) == [2, 1, 0]
    assert len(found.used()) == 3
    for split in ("train", "val"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "names.txt").write_text("a\n" if split == "train" else "b\n")
    assert sizes(splits(tmp_path, "a", "b", "c", split_files="{split}/names.txt", test_fraction=0)) == [1, 1, 0]


def test_images_that_are_left_out_are_known_to_lists_and_leave_no_split_to_another(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("a\nb\n")
    found = splits(
        tmp_path, "a", "b", split_files="{split}.txt", val_fraction=0, test_fraction=0, kept=lambda all_: all_[:1]
    )
    assert sizes(found) == [1, 0, 0]
    none = splits(
        tmp_path,
        "train/a",
        "train/b",
        "train/c",
        "val/d",
        kept=lambda all_: [each for each in all_ if each.name != "d"],
    )
    assert none.of("val") == []
    assert none.absence("val") == "none of its 1 images has a mask; correct data.mask, or data.missing_masks."


def test_a_list_that_nobody_asked_for_does_no_harm(tmp_path: Path) -> None:
    for name, text in (("train.txt", "/a\n"), ("val.txt", "a\u0308\n"), ("test.txt", "x\n")):
        (tmp_path / name).write_text(text)
    found = splits(tmp_path, "a", "\u00e4", split_files="{split}.txt")
    assert [len(found.of(split)) for split in ("train", "val")] == [1, 1]
    assert len(found.used()) == 2
    with pytest.raises(DataError, match=r"test\.txt names 1 images"):
        found.of("test")


def test_lists_lie_where_the_pattern_says_alone(tmp_path: Path) -> None:
    for folder in ("train", "a/train/names"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "l.txt").write_text("a\n")
    assert sizes(splits(tmp_path, "a", "b", split_files="a/{split}/names/l.txt", val_fraction=0, test_fraction=0)) == [
        1,
        0,
        0,
    ]
    with pytest.raises(DataError, match="fits no file"):
        splits(tmp_path, "a", "b", split_files="nowhere/{split}/l.txt").of("train")


def test_images_outside_of_the_folder_may_have_groups(tmp_path: Path) -> None:
    records = [Record(f"p{n % 3}_{n}", tmp_path / "elsewhere" / f"p{n % 3}_{n}.png") for n in range(6)]
    found = RecordSplits(tmp_path / "root", records, None, None, 0.3, 0.0, 0, None, GroupPattern("{patient}_*"))
    assert len({record.name[:2] for record in found.of("val")}) == 1

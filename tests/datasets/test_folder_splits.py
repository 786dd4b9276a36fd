from pathlib import Path

import pytest

from segcli.datasets.file_names import stem_of
from segcli.datasets.folder_splits import FolderSplits
from segcli.sample import DataError


def _write(folder: Path, *stems: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for stem in stems:
        (folder / f"{stem}.png").touch()


def _pair(images: Path, masks: Path) -> list[tuple[str, str]]:
    return [(str(image), masks.name) for image in sorted(images.iterdir())]


def _below(images: Path, masks: Path) -> list[tuple[str, str]]:
    return [(str(image), masks.name) for image in sorted(images.rglob("*.png"))]


def _splits(root: Path, val: float = 0.25, test: float = 0.0, limit: int | None = None) -> FolderSplits:
    return FolderSplits(root, "images", "labels", val, test, split_seed=0, limit=limit)


def test_whatever_stands_for_the_masks_goes_with_its_image(tmp_path: Path) -> None:
    _write(tmp_path / "images", *"abcdefgh")
    _write(tmp_path / "labels")
    splits = _splits(tmp_path, test=0.25)
    train, val, test = (splits.pairs(split, _pair) for split in ("train", "val", "test"))
    assert [len(train), len(val), len(test)] == [4, 2, 2]
    assert sorted(stem_of(image) for image, _ in train + val + test) == list("abcdefgh")
    assert {masks for _, masks in train + val + test} == {"labels"}
    assert len(_splits(tmp_path, limit=3).pairs("train", _pair)) == 3


def test_folders_per_split_are_used(tmp_path: Path) -> None:
    for split, stems in (("train", "abcd"), ("val", "e"), ("test", "f")):
        _write(tmp_path / split / "images", *stems)
    found = [
        [stem_of(image) for image, _ in _splits(tmp_path).pairs(split, _pair)] for split in ("train", "val", "test")
    ]
    assert found == [list("abcd"), ["e"], ["f"]]


@pytest.mark.parametrize("folder", ["images/val", "images/Valid", "images/test"])
def test_images_of_another_split_do_not_train(tmp_path: Path, folder: str) -> None:
    _write(tmp_path / folder, "x", "y")
    _write(tmp_path / "labels")
    _write(tmp_path / "images" / "sub", *"abcdefgh")
    splits = FolderSplits(tmp_path, "images", "labels", 0.25, 0.0, split_seed=0, limit=None)
    found = {split: {image for image, _ in splits.pairs(split, _below)} for split in ("train", "val")}
    apart = {*map(str, (tmp_path / folder).iterdir())}
    assert found["train"] | found["val"] | apart == {image for image, _ in _below(tmp_path / "images", tmp_path)}
    assert not found["train"] & (found["val"] | apart)
    assert (found["val"] == apart) == (not folder.endswith("test"))


def test_a_folder_of_validation_images_alone_trains_nothing(tmp_path: Path) -> None:
    _write(tmp_path / "images" / "val", "x")
    _write(tmp_path / "labels")
    with pytest.raises(DataError, match=r"no images to train with beside those of other splits.*\n.*train.images"):
        FolderSplits(tmp_path, "images", "labels", 0.25, 0.0, split_seed=0, limit=None).pairs("train", _below)


def test_a_split_without_images_says_what_to_set(tmp_path: Path) -> None:
    _write(tmp_path / "images", "a", "b")
    _write(tmp_path / "labels")
    with pytest.raises(DataError, match=r"no images to test with.*data\.test_fraction 0\.0 leaves it none"):
        _splits(tmp_path).pairs("test", _pair)
    with pytest.raises(DataError, match=r"nothing.images is missing"):
        _splits(tmp_path / "nothing").pairs("val", _pair)


def test_predicts_the_folder_of_images_or_the_root(tmp_path: Path) -> None:
    _write(tmp_path, "x")
    assert [image.stem for image in _splits(tmp_path).to_predict()] == ["x"]
    _write(tmp_path / "images", "a", "b")
    assert [image.stem for image in _splits(tmp_path).to_predict()] == ["a", "b"]


def test_predicts_sub_folders_too_but_neither_masks_nor_pictures_of_runs(tmp_path: Path) -> None:
    for folder in ("", "site", "labels", "train/labels", "runs/x/1/predictions"):
        _write(tmp_path / folder, "a")
    (tmp_path / "runs/x/1/passport.json").write_text("{}")
    found = _splits(tmp_path).to_predict()
    assert [image.relative_to(tmp_path).parent.as_posix() for image in found] == [".", "site"]


@pytest.mark.parametrize(("split", "name"), [("train", "trn"), ("val", "held_out"), ("test", "test_2")])
def test_a_split_without_images_says_what_its_folder_is_called(tmp_path: Path, split: str, name: str) -> None:
    for each in {"train", "val", "test"} - {split} | {name}:
        _write(tmp_path / each / "images", "a")
    with pytest.raises(DataError, match=rf"images to {split}.*with(.|\n)*Folders of splits .* not read: {name}\."):
        _splits(tmp_path, val=0.0).pairs(split, _pair)  # type: ignore[arg-type]

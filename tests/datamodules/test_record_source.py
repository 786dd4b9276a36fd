from pathlib import Path

import pytest

from segcli.datamodules.record_source import FolderSource, ListedSource, RecordSource
from segcli.datasets.folder_splits import FolderSplits
from segcli.datasets.path_pattern import PathPattern
from segcli.datasets.pattern_listing import PatternListing
from segcli.datasets.record import unlabelled
from segcli.datasets.record_splits import RecordSplits
from segcli.sample import DataError
from tests.datamodules.data import write_image, write_pairs

NAMES = [f"{number:02d}" for number in range(10)]


def of_folders(root: Path) -> RecordSource:
    return FolderSource(FolderSplits(root, "images", "labels", 0.2, 0.0, 0, None))


def of_patterns(root: Path, mask: str | None = "labels/{name}.png") -> RecordSource:
    listing = PatternListing(root, PathPattern("images/{name}.png"), PathPattern(mask) if mask else None)
    return ListedSource(listing, RecordSplits(root, (), None, None, 0.2, 0.0, 0, None))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_pairs(tmp_path / "images", tmp_path / "labels", NAMES)
    return tmp_path


def test_folders_and_patterns_find_the_same(root: Path) -> None:
    folders, patterns = of_folders(root), of_patterns(root)
    for split in ("train", "val"):
        assert folders.of(split) == patterns.of(split)
    assert folders.to_predict() == unlabelled(root / "images" / f"{name}.png" for name in NAMES)
    assert [record.image for record in patterns.to_predict()] == [record.image for record in folders.to_predict()]
    (root / "images" / "more.png").write_bytes((root / "images" / "00.png").read_bytes())
    assert (root / "notes.png").write_bytes(b"x")
    assert of_patterns(root).to_predict()[-1].image == root / "images" / "more.png"


def test_what_is_not_used_is_known_afterwards(root: Path) -> None:
    (root / "notes.png").touch()
    for source in (of_folders(root), of_patterns(root)):
        source.of("train")
        assert source.unused() == [root / "notes.png"]
    assert len(of_patterns(root).records()) == len(NAMES)
    assert not of_folders(root).records()


def test_without_masks_there_is_prediction_alone(root: Path) -> None:
    source = of_patterns(root, mask=None)
    assert len(source.to_predict()) == len(NAMES)
    with pytest.raises(DataError, match=r"data\.mask is not given"):
        source.of("train")


def test_new_images_in_a_folder_of_their_own_are_predicted(root: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    write_image(new / "b.png")
    write_image(new / "a.png")
    assert [record.image.name for record in of_patterns(new).to_predict()] == ["a.png", "b.png"]
    (new / "deeper").mkdir()
    for file in new.glob("*.png"):
        file.rename(new / "deeper" / file.name)
    with pytest.raises(DataError, match="which fits no file"):
        of_patterns(new).to_predict()
    with pytest.raises(DataError, match="which fits no file"):
        of_patterns(new).of("train")

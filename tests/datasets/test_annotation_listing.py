from collections.abc import Iterator
from pathlib import Path

import pytest

from segcli.datasets.annotation_listing import AnnotationListing
from segcli.datasets.coco_listing import CocoListing
from segcli.datasets.named_images import NamedImages
from segcli.datasets.outline_listing import OutlineListing
from segcli.datasets.record import Record
from segcli.sample import DataError


class Lines(AnnotationListing):
    """A file with a name in each line."""

    split_name = "data.lines"

    def of_file(self, file: Path, split: str, named: NamedImages) -> Iterator[Record]:
        for name in file.read_text().split():
            path = named.find(name, split, file)
            yield Record(named.name_of(path), path, split=split or None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    (tmp_path / "both.txt").write_text("b.png a.png")
    (tmp_path / "none.txt").touch()
    return tmp_path


def test_images_are_in_the_order_of_the_files_and_of_their_split(root: Path) -> None:
    found = Lines(root, {"train": root / "both.txt"}).records()
    assert [(record.name, record.split) for record in found] == [("b", "train"), ("a", "train")]


def test_no_image_and_one_twice_are_told_by_the_key(root: Path) -> None:
    with pytest.raises(DataError, match=r"data\.lines: no image in .*none\.txt"):
        Lines(root, {"": root / "none.txt"}).images()
    with pytest.raises(DataError, match=r"data\.lines names .*b\.png twice"):
        Lines(root, {"train": root / "both.txt", "val": root / "both.txt"}).images()


@pytest.mark.parametrize(("listing", "key"), [(CocoListing, "data.coco"), (OutlineListing, "data.outlines")])
def test_listings_name_their_own_key(listing: type[AnnotationListing], key: str) -> None:
    assert listing.split_name == key

from pathlib import Path

import pytest

from segcli.datasets.outline_listing import OutlineListing
from segcli.sample import DataError
from tests.datamodules.data import write_image
from tests.datasets.test_outline_files import POLYGON, cvat, region, via


def test_images_are_found_by_their_names_with_their_own_part(tmp_path: Path) -> None:
    write_image(tmp_path / "photos" / "a.png")
    listing = OutlineListing(tmp_path, {"train": via(tmp_path / "via.json", region(POLYGON))})
    (record,) = listing.records()
    assert (record.name, record.split, record.image) == ("photos/a", "train", tmp_path / "photos" / "a.png")
    assert record.masks[0].content is not None
    assert b'"cat"' in record.masks[0].content


def test_cvat_names_splits_itself(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    image = 'name="a.png" width="20" height="16" subset="val"'
    assert OutlineListing(tmp_path, {"": cvat(tmp_path / "c.xml", image=image)}).images()[0].split == "val"


def test_images_that_are_not_there_or_twice_are_told(tmp_path: Path) -> None:
    file = via(tmp_path / "via.json")
    with pytest.raises(DataError, match=r"names the image a\.png, and below .* there is none"):
        OutlineListing(tmp_path, {"": file}).images()
    write_image(tmp_path / "x" / "a.png")
    with pytest.raises(DataError, match="twice"):
        OutlineListing(tmp_path, {"train": file, "val": file}).images()
    (tmp_path / "empty.json").write_text("{}")
    with pytest.raises(DataError, match=r"data\.outlines: no image in"):
        OutlineListing(tmp_path, {"": tmp_path / "empty.json"}).images()

from dataclasses import replace
from pathlib import Path

import pytest

from segcli.downloads.data_set import Archive, shown_bytes
from segcli.downloads.known import DATA_SETS
from tests.downloads.made import make


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (811_092_049, "811 MB"), (1_999_639_040, "2.00 GB")],
)
def test_bytes_are_shown_in_decimal_units(count: int, shown: str) -> None:
    assert shown_bytes(count) == shown


def test_an_archive_is_called_as_on_the_server() -> None:
    assert Archive("https://a.b/c/images.tar.gz?raw=1").name == "images.tar.gz"


@pytest.mark.parametrize("name", sorted(DATA_SETS))
def test_what_is_to_be_known_first_is_described(name: str) -> None:
    data = DATA_SETS[name]
    text = "\n".join(data.describe(Path("some/where")))
    assert all(each in text for each in (data.title, data.licence, data.source, data.shown_size, "some/where"))
    assert all(archive.url in text for archive in data.archives)
    assert data.is_size_estimated == ("about" in data.shown_size)


def test_a_folder_is_whole_with_all_images_of_all_splits(tmp_path: Path) -> None:
    data = replace(DATA_SETS["pet"], images={"train": 3, "test": 2})
    make(tmp_path, data.layout, data.images)
    assert data.is_whole(tmp_path)
    (tmp_path / "images" / "drive_test1.jpg").unlink()
    assert not data.is_whole(tmp_path)
    assert not data.is_whole(tmp_path / "none")

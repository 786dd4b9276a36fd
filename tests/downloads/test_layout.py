from pathlib import Path

import pytest

from segcli.downloads.known import DATA_SETS
from segcli.downloads.layout import layout_of
from tests.downloads.made import make

every_set = pytest.mark.parametrize("name", sorted(DATA_SETS))


@every_set
def test_images_with_masks_are_counted_by_split(name: str, tmp_path: Path) -> None:
    layout = DATA_SETS[name].layout
    assert layout.count(tmp_path / "none") == dict.fromkeys(layout.splits, 0)
    counts = {split: number + 2 for number, split in enumerate(layout.splits)}
    make(tmp_path, layout, counts)
    assert layout.count(tmp_path) == counts
    first = next(iter(layout.splits))
    for pattern in (layout.mask, layout.image):
        left = sorted(tmp_path.glob(pattern.format(split=layout.splits[first], name=f"drive_{first}*")))
        left[0 if pattern == layout.mask else 1].unlink()
    assert layout.count(tmp_path) == counts | {first: counts[first] - 2}


def test_hidden_files_are_no_images(tmp_path: Path) -> None:
    layout = DATA_SETS["camvid"].layout
    make(tmp_path, layout, {"train": 2, "val": 1, "test": 1})
    for folder in ("train", "trainannot"):
        (tmp_path / folder / "._0.png").write_bytes(b"")
    assert layout.count(tmp_path)["train"] == 2


def test_splits_without_a_name_of_their_own_are_called_as_they_are() -> None:
    assert layout_of("camvid", ("train", "val")).splits == {"train": "train", "val": "val"}
    assert layout_of("pet", ("train", "test")).splits == {"train": "trainval", "test": "test"}

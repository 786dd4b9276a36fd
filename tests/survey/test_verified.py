from pathlib import Path
from typing import Any

import pytest

from segcli.sample import DataError
from segcli.survey.verified import verified
from tests.survey.data import pairs

KEYS: dict[str, Any] = {
    "image": "images/{name}.png",
    "mask": "labels/{name}.png",
    "mask_values": {0: "ground", 255: "cell"},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    pairs(tmp_path, "images/{name}.png", "labels/{name}.png", "abcdefghij")
    return tmp_path


def test_samples_of_every_split_are_read(root: Path) -> None:
    found = verified(str(root), KEYS)
    assert found.classes == ("ground", "cell")
    assert {split: len(images) for split, images in found.images.items()} == {"train": 8, "val": 2}
    assert found.faults == []


def test_some_bad_files_are_told_and_only_bad_ones_are_an_error(root: Path) -> None:
    first = Path(verified(str(root), KEYS).images["train"][0])
    first.write_bytes(b"no")
    assert str(first) in verified(str(root), KEYS).faults[0]
    for path in (root / "images").iterdir():
        path.write_bytes(b"no")
    with pytest.raises(DataError, match="cannot be read as an image"):
        verified(str(root), KEYS)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"mask": "masks/{name}.png"}, "fits no file"),
        ({"mask_values": {0: "ground"}}, "expected at least two classes"),
        ({"group": "{a}{b}"}, "nothing separates"),
        ({"group": "{clip}_*"}, "does not fit"),
        ({"val_fraction": 0.0}, "leaves it none"),
    ],
)
def test_keys_that_do_not_go_together_are_an_error(root: Path, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        verified(str(root), {**KEYS, **keys})

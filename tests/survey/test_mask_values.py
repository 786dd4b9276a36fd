import json
from pathlib import Path

import pytest

from segcli.survey import mask_values
from segcli.survey.folder import look_at_folder
from segcli.survey.mask_values import MaskValues, values_in
from segcli.survey.roles import Viewer, candidates_in
from tests.survey.data import coloured, mask, pairs, picture


def read(root: Path) -> MaskValues:
    folder = look_at_folder(root)
    return values_in(folder, candidates_in(folder, Viewer(folder))[0])


def test_values_have_their_share_and_masks_what_they_hold(tmp_path: Path) -> None:
    pairs(tmp_path, "images/{name}.png", "labels/{name}.png", "abcd", mask, (0, 7, 255))
    found = read(tmp_path)
    assert found.kind == "values"
    assert found.shares == {0: 0.75, 7: 0.125, 255: 0.125}
    assert found.present["labels/a.png"] == {0, 7, 255}
    assert found.where == "all 4 masks"


def test_colours_and_thresholds(tmp_path: Path) -> None:
    pairs(tmp_path / "c", "images/{name}.png", "labels/{name}.png", "abcd", coloured, [(0, 0, 0), (255, 128, 0)])
    pairs(tmp_path / "t", "images/{name}.png", "masks/{name}.jpg", "abcd")
    assert read(tmp_path / "c").shares == {"#000000": 0.875, "#ff8000": 0.125}
    assert (read(tmp_path / "t").kind, [*read(tmp_path / "t").shares]) == ("threshold", [0, 255])


def test_outlines_have_labels(tmp_path: Path) -> None:
    square = {"points": [[0, 0], [31, 0], [31, 11], [0, 11]], "shape_type": "polygon"}
    for name in "abcd":
        picture(tmp_path / f"{name}.jpg")
        (tmp_path / f"{name}.json").write_text(json.dumps({"shapes": [{"label": "cat", **square}]}))
    found = read(tmp_path)
    assert (found.kind, found.shares) == ("shapes", {"cat": 0.5})


def test_some_masks_are_read_and_all_where_these_hold_one_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mask_values, "MOST", 3)
    names = [f"{number:02d}" for number in range(12)]
    pairs(tmp_path / "some", "images/{name}.png", "labels/{name}.png", names)
    pairs(tmp_path / "rare", "images/{name}.png", "labels/{name}.png", names, mask, (0,))
    mask(tmp_path / "rare/labels/04.png", (0, 1))
    assert read(tmp_path / "some").where == "3 of 12 masks"
    assert [*read(tmp_path / "rare").shares] == [0, 1]


def test_masks_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    pairs(tmp_path, "images/{name}.png", "labels/{name}.png", "abcdefgh")
    (tmp_path / "labels/b.png").write_bytes(b"no")
    found = read(tmp_path)
    assert (found.read, len(found.faults), found.where) == (7, 1, "all 8 masks")
    assert "labels/b.png cannot be read" in found.faults[0]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([{0, 1, 2, 3, 4, 5}, {0, 1, 2}, {0, 1, 2, 3}], True),
        ([{0, 1, 2}, {0, 1}, {0, 1, 2, 3}], False),  # few: they may be classes
        ([{0, 1, 2, 3, 4, 5}, {0, 2, 5}, {0, 1, 2, 3}], False),  # gaps: classes
        ([{0, 1, 2, 3, 4, 5}] * 9, False),  # the same in all
        ([], False),
    ],
)
def test_numbers_of_objects_are_told_from_classes(numbers: list[set[int]], expected: bool) -> None:
    present = {str(at): frozenset(keys) for at, keys in enumerate(numbers)}
    assert MaskValues("values", {}, len(numbers), len(numbers), present=present).are_ids == expected
    assert not MaskValues("colours", {}, len(numbers), len(numbers), present=present).are_ids

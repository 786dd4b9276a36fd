import json
from pathlib import Path

import numpy as np
import pytest

from segcli.datasets.record import MaskFile
from segcli.datasets.shape_labels import ShapeLabels
from segcli.sample import DataError

INDICES = {"ground": 0, "cat": 1, "dog": 2}
SIZE = (4, 4)


def file(folder: Path, *rectangles: tuple[str, int, int]) -> Path:
    """Rows from ``first`` to ``last`` of a label."""
    shapes = [
        {"label": label, "shape_type": "rectangle", "points": [[0, first], [3, last]]}
        for label, first, last in rectangles
    ]
    (folder / "a.json").write_text(json.dumps({"shapes": shapes}))
    return folder / "a.json"


def rows(labels: ShapeLabels, path: Path) -> list[int]:
    return labels.read(path, SIZE)[:, 0].tolist()


def test_later_shapes_lie_over_earlier_ones_and_the_rest_is_the_first_class(tmp_path: Path) -> None:
    path = file(tmp_path, ("cat", 0, 2), ("dog", 2, 2))
    assert rows(ShapeLabels(INDICES), path) == [1, 1, 2, 0]
    assert rows(ShapeLabels(INDICES, ignored=["dog"]), path) == [1, 1, 255, 0]
    assert rows(ShapeLabels(INDICES), file(tmp_path)) == [0, 0, 0, 0]


def test_objects_of_the_first_class_leave_no_class_for_the_rest(tmp_path: Path) -> None:
    path = file(tmp_path, ("ground", 0, 1), ("cat", 2, 2))
    with pytest.raises(DataError, match=r"has an object 'ground', which is of the first class(.|\n)*other_values"):
        rows(ShapeLabels(INDICES), path)
    assert rows(ShapeLabels(INDICES, others=255, unmarked=255), path) == [0, 0, 1, 255]
    assert rows(ShapeLabels(INDICES, others=2, unmarked=2), path) == [0, 0, 1, 2]


def test_other_objects_are_told_or_are_what_is_asked_for(tmp_path: Path) -> None:
    path = file(tmp_path, ("cats", 0, 0))
    with pytest.raises(
        DataError, match=r"a\.json has an object 'cats' \(did you mean 'cat'\?\), expected ground, cat, dog"
    ):
        rows(ShapeLabels(INDICES), path)
    assert rows(ShapeLabels(INDICES, others=255, unmarked=0), path) == [255, 0, 0, 0]


def test_an_image_without_a_file_is_of_one_class() -> None:
    assert ShapeLabels(INDICES, missing=2).combined([], [], SIZE).tolist() == np.full(SIZE, 2).tolist()
    labels = np.zeros(SIZE, np.uint8)
    assert ShapeLabels(INDICES).combined([MaskFile(Path("a.json"))], [labels], SIZE) is labels
    assert repr(ShapeLabels(INDICES)) != repr(ShapeLabels(INDICES, missing=2))

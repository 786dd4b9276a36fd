"""Shapes against masks that were drawn by hand."""

import base64
import io
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segcli.datasets.shapes import bitmap, polygon, read_shapes
from segcli.sample import DataError

SIZE = (6, 8)
SQUARE = """
........
.####...
.####...
.####...
........
........
"""
FRAME = """
########
########
##....##
##....##
########
########
"""
CUT = """
........
........
........
........
......##
......##
"""
CIRCLE = """
...#....
.#####..
.#####..
#######.
.#####..
.#####..
"""
TRIANGLE = """
#.......
##......
###.....
####....
........
........
"""


def pixels(drawing: str) -> list[list[bool]]:
    return [[letter == "#" for letter in line] for line in drawing.split()]


def png(drawing: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.array(pixels(drawing), np.uint8) * 255).save(buffer, "PNG")
    return buffer.getvalue()


def labelme(kind: str | None, points: Any, **more: object) -> str:  # noqa: ANN401  (points, right or wrong)
    return json.dumps({"shapes": [{"label": "cat", "shape_type": kind, "points": points, **more}]})


def supervisely(kind: str, **more: object) -> str:
    return json.dumps({"objects": [{"classTitle": "cat", "geometryType": kind, **more}]})


SQUARE_POINTS = [[1, 1], [4, 1], [4, 3], [1, 3]]
FOUND = {
    "labelme polygon": ("json", labelme("polygon", SQUARE_POINTS), SQUARE),
    "labelme rounds": ("json", labelme("polygon", [[0.6, 1.4], [4.4, 0.7], [4.2, 3.3], [1.2, 2.6]]), SQUARE),
    "labelme without a type": ("json", labelme(None, SQUARE_POINTS), SQUARE),
    "labelme rectangle": ("json", labelme("rectangle", [[4, 3], [1, 1]]), SQUARE),
    "labelme circle": ("json", labelme("circle", [[3, 3], [6, 3]]), CIRCLE),
    "labelme triangle": ("json", labelme("polygon", [[0, 0], [3, 3], [0, 3]]), TRIANGLE),
    "labelme mask": (
        "json",
        labelme("mask", [[1, 1], [4, 3]], mask=base64.b64encode(png("####\n####\n####")).decode()),
        SQUARE,
    ),
    "outside": ("json", labelme("rectangle", [[6, 4], [30, 40]]), CUT),
    "supervisely polygon": (
        "json",
        supervisely(
            "polygon",
            points={"exterior": [[0, 0], [7, 0], [7, 5], [0, 5]], "interior": [[[1, 1], [6, 1], [6, 4], [1, 4]]]},
        ),
        FRAME,
    ),
    "supervisely rectangle": ("json", supervisely("rectangle", points={"exterior": [[1, 1], [4, 3]]}), SQUARE),
    "supervisely bitmap": (
        "json",
        supervisely(
            "bitmap",
            bitmap={"origin": [1, 1], "data": base64.b64encode(zlib.compress(png("####\n####\n####"))).decode()},
        ),
        SQUARE,
    ),
    "yolo": ("txt", "cat".replace("cat", "0") + " 0.125 0.16667 0.5 0.16667 0.5 0.5 0.125 0.5\n\n", SQUARE),
}


@pytest.mark.parametrize("name", FOUND)
def test_shapes_are_drawn_as_by_hand(name: str, tmp_path: Path) -> None:
    suffix, text, drawing = FOUND[name]
    (tmp_path / f"a.{suffix}").write_text(text, encoding="utf-8-sig")
    (shape,) = read_shapes(tmp_path / f"a.{suffix}", SIZE)
    assert shape.label in ("cat", "0")
    assert shape.draw(SIZE).tolist() == pixels(drawing)
    assert read_shapes(tmp_path / f"a.{suffix}", SIZE, text.encode())[0].draw(SIZE).tolist() == pixels(drawing)


def test_a_file_without_objects_has_none(tmp_path: Path) -> None:
    for name, text in (("a.json", '{"shapes": []}'), ("b.json", '{"objects": []}'), ("c.txt", "\n")):
        (tmp_path / name).write_text(text)
        assert read_shapes(tmp_path / name, SIZE) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", ""),
        ("a.json", "[1]"),
        ("a.json", "{}"),
        ("a.json", '{"shapes": [{"label": "cat"}]}'),
        ("a.json", labelme("polygon", [[1, 1], [2]])),
        ("a.json", labelme("polygon", [])),
        ("a.json", labelme("polygon", [[1, float("nan")], [2, 2], [3, 3]])),
        ("a.json", labelme("mask", [[1, 1], [4, 3]], mask="???")),
        ("a.json", supervisely("bitmap", bitmap={"origin": [1, 1], "data": "AAAA"})),
        ("a.txt", "0 0.1 0.2 0.3\n"),
        ("a.txt", "cat 0.1 0.2 0.3 0.4 0.5 0.6\n"),
        ("a.txt", "0 0.5 0.5 0.2 0.2\n"),
        ("a.txt", "0 10 20 30 40 50 60\n"),
        ("a.json", labelme("polygon", [[1e300, 1], [2, 2], [3, 3]])),
        ("a.json", '{"shapes": [{"label": "cat", "points": [[1' + "0" * 400 + ", 2], [1, 1], [2, 2]]}]}"),
        ("a.json", supervisely("bitmap", bitmap={"origin": [1e400, 1], "data": "AAAA"})),
        ("a.json", "[" * 100_000),
        ("a.txt", "-1 0.1 0.2 0.3 0.4 0.5 0.6\n"),
    ],
)
def test_what_is_none_of_the_formats_is_told(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=rf"{name} holds shapes that cannot be read"):
        read_shapes(tmp_path / name, SIZE)


@pytest.mark.parametrize(
    ("kind", "points"), [("line", SQUARE_POINTS), ("point", [[1, 1]]), ("polygon", [[1, 1], [2, 2]])]
)
def test_shapes_without_an_area_are_refused_by_name(kind: str, points: list[list[int]], tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(labelme(kind, points))
    with pytest.raises(DataError, match=rf"a\.json has 'cat' as a {kind} of {len(points)} points, expected polygons"):
        read_shapes(tmp_path / "a.json", SIZE)


def test_a_bitmap_may_reach_over_every_edge() -> None:
    drawn = bitmap(np.ones((10, 10), np.bool_), -2, -3)(SIZE)
    assert drawn.all()
    assert not bitmap(np.ones((2, 2), np.bool_), 20, 20)(SIZE).any()
    assert bitmap(np.ones((2, 2), np.bool_), 7, 5)(SIZE).sum() == 1
    for x, y in ((-10, 2), (2, -10), (-10, -10)):
        assert not bitmap(np.ones((4, 4), np.bool_), x, y)(SIZE).any()


def test_a_polygon_of_one_pixel_is_drawn() -> None:
    assert polygon(np.full((3, 2), 2.0))(SIZE).sum() == 1


def test_outlines_of_another_picture_are_refused(tmp_path: Path) -> None:
    labelled = json.loads(labelme("polygon", SQUARE_POINTS))
    tagged = json.loads(supervisely("rectangle", points={"exterior": [[1, 1], [4, 3]]}))
    for content in ({**labelled, "imageHeight": 99, "imageWidth": 8}, {**tagged, "size": {"height": 6, "width": 9}}):
        (tmp_path / "a.json").write_text(json.dumps(content))
        with pytest.raises(DataError, match=r"a\.json has an image of .* that is 6 x 8 px"):
            read_shapes(tmp_path / "a.json", SIZE)
    for content in ({**labelled, "imageHeight": 6, "imageWidth": 8}, {**tagged, "size": {"height": 6, "width": 8}}):
        (tmp_path / "a.json").write_text(json.dumps(content))
        assert len(read_shapes(tmp_path / "a.json", SIZE)) == 1

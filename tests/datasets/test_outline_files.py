import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcli.datasets.outline_files import read_outlines
from segcli.datasets.shapes import read_shapes
from segcli.sample import DataError

SIZE = (20, 30)
POLYGON = {"name": "polygon", "all_points_x": [2, 12, 12, 2], "all_points_y": [3, 3, 9, 9]}


def via(path: Path, *regions: Any, whole: bool = False) -> Path:  # noqa: ANN401  (JSON)
    content: Any = {"a.png12": {"filename": "a.png", "size": 12, "regions": list(regions)}}
    path.write_text(json.dumps({"_via_settings": {}, "_via_img_metadata": content} if whole else content))
    return path


def region(shape: dict[str, Any], **attributes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"shape_attributes": shape, "region_attributes": attributes or {"class": "cat"}}


def cvat(path: Path, *objects: str, image: str = 'id="0" name="sub/a.png" width="30" height="20"') -> Path:
    path.write_text(f"<annotations><version>1.1</version><image {image}>{''.join(objects)}</image></annotations>")
    return path


def drawn(file: Path) -> list[tuple[str, np.ndarray]]:
    (outlines,) = read_outlines(file)
    return [(each.label, each.draw(SIZE)) for each in read_shapes(file.with_suffix(".json"), SIZE, outlines.content())]


def box(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    """Return where a box is, its edges included."""
    found = np.zeros(SIZE, np.bool_)
    found[top : bottom + 1, left : right + 1] = True
    return found


@pytest.mark.parametrize("whole", [False, True])
def test_via_draws_polygons_and_boxes(tmp_path: Path, whole: bool) -> None:
    rectangle = {"name": "rect", "x": 4, "y": 5, "width": 6, "height": 7}
    found = drawn(via(tmp_path / "via.json", region(POLYGON), region(rectangle, kind="dog"), whole=whole))
    assert [label for label, _ in found] == ["cat", "dog"]
    np.testing.assert_array_equal(found[0][1], box(3, 9, 2, 12))
    np.testing.assert_array_equal(found[1][1], box(5, 12, 4, 10))


def test_cvat_draws_polygons_boxes_and_masks_in_the_order_of_depth(tmp_path: Path) -> None:
    mask = '<mask label="m" rle="1, 2, 4, 2" left="5" top="6" width="3" height="3" z_order="1"/>'
    found = drawn(
        cvat(
            tmp_path / "cvat.xml",
            mask,
            '<polygon label="p" points="2.00,3.00;12.00,3.00;12.00,9.00;2.00,9.00" z_order="0"/>',
            '<box label="b" xtl="4" ytl="5" xbr="10" ybr="12" z_order="2"><attribute name="x">1</attribute></box>',
            '<tag label="sunny"/>',
        )
    )
    assert [label for label, _ in found] == ["p", "m", "b"]
    np.testing.assert_array_equal(found[0][1], box(3, 9, 2, 12))
    expected = np.zeros(SIZE, np.bool_)
    expected[6, 6:8] = expected[8, 6:8] = True
    np.testing.assert_array_equal(found[1][1], expected)
    np.testing.assert_array_equal(found[2][1], box(5, 12, 4, 10))


@pytest.mark.parametrize("of_via", [True, False])
def test_ellipses_and_circles_are_round(tmp_path: Path, of_via: bool) -> None:
    """A turned ellipse of VIA, and a flat one of CVAT."""
    if of_via:
        ellipse = {"name": "ellipse", "cx": 15, "cy": 10, "rx": 4, "ry": 8, "theta": np.pi / 2}
        found = drawn(via(tmp_path / "v.json", region(ellipse), region({"name": "circle", "cx": 9, "cy": 9, "r": 4})))
        rows, columns = np.ogrid[: SIZE[0], : SIZE[1]]
        np.testing.assert_array_equal(found[1][1], np.hypot(rows - 9, columns - 9) <= 4)
    else:
        found = drawn(cvat(tmp_path / "c.xml", '<ellipse label="cat" cx="15" cy="10" rx="8" ry="4"/>'))
    rows, columns = np.ogrid[: SIZE[0], : SIZE[1]]
    exact = ((columns - 15) / 8) ** 2 + ((rows - 10) / 4) ** 2 <= 1
    np.testing.assert_array_equal(found[0][1], exact)


def test_sizes_and_splits_are_those_of_the_file(tmp_path: Path) -> None:
    file = cvat(tmp_path / "a.xml", image='name="a.png" width="31" height="20" subset="train"')
    (outlines,) = read_outlines(file)
    assert (outlines.name, outlines.size, outlines.split) == ("a.png", (20, 31), "train")
    with pytest.raises(DataError, match="outlines are those of another picture"):
        read_shapes(tmp_path / "a.json", SIZE, outlines.content())


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"class": "cat", "note": "small"}, "cat"),
        ({"animal": "cat"}, "cat"),
        ({"animal": {"cat": True, "dog": False}}, "cat"),
        ({"type": " cat ", "class": ""}, "cat"),
    ],
)
def test_an_attribute_of_via_says_the_class(tmp_path: Path, attributes: dict[str, Any], expected: str) -> None:
    assert drawn(via(tmp_path / "v.json", region(POLYGON, **attributes)))[0][0] == expected


BOMB = '<!DOCTYPE a [<!ENTITY b "x">]><annotations><image name="a.png" width="3" height="2"/></annotations>'


@pytest.mark.parametrize(
    ("suffix", "text", "message"),
    [
        (".json", "{", "no outlines that can be read"),
        (".json", "[]", "no outlines that can be read"),
        (".json", '{"a": {"filename": "a.png"}}', "KeyError"),
        (".xml", "<annotations>", "ParseError"),
        (".xml", "<html/>", "0 images in <html>"),
        (".xml", BOMB, "declares entities"),
        (".xml", '<annotations><image name="a.png" width="x" height="2"/></annotations>', "ValueError"),
    ],
)
def test_what_is_no_file_of_outlines_is_told(tmp_path: Path, suffix: str, text: str, message: str) -> None:
    file = tmp_path / f"a{suffix}"
    file.write_text(text)
    with pytest.raises(DataError, match=message):
        read_outlines(file)


@pytest.mark.parametrize(
    "bad",
    [
        '<points label="p" points="1,2"/>',
        '<box label="b" xtl="1" ytl="1" xbr="4" ybr="4" rotation="30"/>',
        '<mask label="m" rle="1, 2" left="0" top="0" width="2" height="2"/>',
        '<polygon label="p" points="1;2"/>',
    ],
)
def test_objects_that_cannot_be_drawn_are_told(tmp_path: Path, bad: str) -> None:
    with pytest.raises(DataError, match=r"a\.xml holds no outlines that can be read"):
        read_outlines(cvat(tmp_path / "a.xml", bad))


def test_regions_without_one_class_are_told(tmp_path: Path) -> None:
    for attributes in ({"a": "x", "b": "y"}, {"a": {"x": True, "y": True}}, {"a": ""}):
        with pytest.raises(DataError, match="expected one that says its class"):
            read_outlines(via(tmp_path / "v.json", region(POLYGON, **attributes)))
    with pytest.raises(DataError, match="is a point, expected an outline"):
        read_outlines(via(tmp_path / "v.json", region({"name": "point", "cx": 1, "cy": 2})))

from typing import Any

import numpy as np
import pytest

from segcli.datasets.label_table import label_table
from segcli.datasets.mask_reader import ColourReader, ThresholdReader, ValueReader
from segcli.sample import DataError

VALUES = {7: "road", 8: "road", 26: "car"}


@pytest.mark.parametrize(
    ("keys", "classes", "expected"),
    [
        ({"classes": ["a", "b"]}, ("a", "b"), {0: 0, 1: 1}),
        ({"mask_values": VALUES}, ("road", "car"), {7: 0, 8: 0, 26: 1}),
        ({"mask_values": VALUES, "classes": ["car", "road"]}, ("car", "road"), {7: 1, 26: 0}),
        ({"mask_values": VALUES, "other_values": "ignore"}, ("road", "car"), {7: 0, 3: 255, 255: 255}),
        (
            {"mask_values": VALUES, "classes": ["ground", "road", "car"], "other_values": "ground"},
            ("ground", "road", "car"),
            {7: 1, 26: 2, 3: 0},
        ),
        ({"mask_values": VALUES, "other_values": "car"}, ("road", "car"), {7: 0, 3: 1, 70000: 1, -1: 1}),
        ({"mask_values": VALUES, "ignore_classes": ["car"]}, ("road",), {7: 0, 26: 255}),
        ({"classes": ["a", "b", "c"], "ignore_classes": ["a"]}, ("b", "c"), {0: 255, 1: 0, 2: 1}),
        ({"mask_values": VALUES, "ignore_values": [0, -1]}, ("road", "car"), {0: 255, -1: 255, 26: 1}),
        ({"mask_values": {0: "ok", 1: "error"}, "other_values": "ignore"}, ("ok", "error"), {1: 1, 7: 255}),
        ({"mask_values": {"7": "road", "-1": "car"}}, ("road", "car"), {7: 0, -1: 1}),
        ({"mask_values": {"#0000FF": "a", "#ff0000": "b"}}, ("a", "b"), {0x0000FF: 0, 0xFF0000: 1}),
    ],
)
def test_what_values_stand_for(keys: dict[str, Any], classes: tuple[str, ...], expected: dict[int, int]) -> None:
    table = label_table(**{"classes": None, "mask_values": None, **keys})
    assert table.classes == classes
    found = table.mapping(np.array([[*expected]]), "a.png")
    assert dict(zip(expected, found[0].tolist(), strict=True)) == expected


def test_the_keys_choose_the_reader() -> None:
    assert isinstance(label_table(["a"], None).reader, ValueReader)
    assert isinstance(label_table(["a"], {0: "a"}, threshold=9).reader, ThresholdReader)
    assert isinstance(label_table(None, {"#000000": "a"}, ["#ffffff"]).reader, ColourReader)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"mask_values": {0: "a", "#ff0000": "b"}}, "expected either values or colours"),
        ({"mask_values": {"#ff8000": "b"}, "threshold": 3}, "'#ff8000', which no pixel has with data.mask_threshold"),
        ({"mask_values": {0: "a", 1: "b"}, "threshold": 128}, "got 1, which no pixel has with data.mask_threshold"),
        ({"mask_values": {"#ff00": "b"}}, "'#ff00', expected a colour of six hexadecimal digits"),
        ({"mask_values": {"#ff0000": "b"}, "ignore_values": [255]}, "expected either values or colours"),
        ({"mask_values": {"cat": "b"}}, "got 'cat', expected an integer or a colour such as '#ff0000'"),
        ({"mask_values": {0: "a", "0": "b"}}, "expected every value once"),
        ({"mask_values": {"#ff0000": "a", "#FF0000": "b"}}, "expected every value once"),
        ({"mask_values": VALUES, "classes": ["road"]}, "expected the same names in both"),
        ({"mask_values": VALUES, "ignore_classes": ["tree"]}, r"ignore_classes got \['tree'\], which data.mask_values"),
        ({"mask_values": VALUES, "ignore_classes": ["car", "road"]}, "leaves no class"),
        ({"mask_values": VALUES, "ignore_values": [7]}, "both a class and in ignore_values"),
        ({"mask_values": VALUES, "ignore_classes": ["car"], "other_values": "car"}, "which leaves no class"),
        (
            {"mask_values": VALUES, "other_values": "ignored"},
            r"a class of \['road', 'car'\] \(did you mean 'ignore'\?\)",
        ),
        ({"mask_values": {0: "a"}, "threshold": 256}, "mask_threshold got 256"),
        ({"mask_values": VALUES, "threshold": 0}, "mask_threshold got 0, expected 1 to 255"),
    ],
)
def test_contradictions_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        label_table(**{"classes": None, "mask_values": None, **keys})


def test_a_colour_that_was_not_named_is_told_as_a_colour() -> None:
    table = label_table(None, {"#0000ff": "a", "#ff0000": "b"})
    with pytest.raises(DataError, match=r"a\.png has mask value #00ff00 \(1 pixels\), expected \[#0000ff, #ff0000\]"):
        table.mapping(np.array([[0x00FF00, 0xFF0000]]), "a.png")


def test_a_class_called_like_a_keyword_is_not_what_others_are() -> None:
    with pytest.raises(DataError, match=r"has mask value 7 \(1 pixels\), expected \[0, 1\]"):
        label_table(None, {0: "ok", 1: "error"}).mapping(np.array([[7]]), "a.png")
    with pytest.raises(DataError, match="expected 0 to 11"):
        label_table([f"c{number}" for number in range(12)], None).mapping(np.array([[12]]), "a.png")

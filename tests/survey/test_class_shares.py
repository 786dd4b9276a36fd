from pathlib import Path

import pytest

from segcli.survey.class_shares import class_shares, classes_seen, names_of
from segcli.survey.mask_values import MaskValues


def test_names_follow_from_any_key(tmp_path: Path) -> None:
    assert names_of({"mask_values": {"#FF0000": "a", 3: "b"}}, tmp_path) == {"#ff0000": "a", "3": "b"}
    assert names_of({"classes": ["a", "b"]}, tmp_path) == {"0": "a", "1": "b", "a": "a", "b": "b"}
    (tmp_path / "_classes.csv").write_text("Pixel Value, Class\n0, a\n1, b\n")
    assert names_of({"label_file": "_classes.csv"}, tmp_path) == {"0": "a", "1": "b"}


def test_shares_are_of_the_pixels_that_count() -> None:
    values = MaskValues("values", {0: 0.6, 1: 0.15, 2: 0.05, 255: 0.2}, 2, 2, (), {"m": frozenset({0, 1})})
    names = {"0": "a", "1": "b", "2": "b"}
    assert class_shares(values, names, ["a", "b"], None) == pytest.approx({"a": 0.75, "b": 0.25})
    assert classes_seen(values, names, ["m"], None) == {"a", "b"}
    assert classes_seen(values, names, [], None) == set()


def test_what_no_mask_names_is_the_rest() -> None:
    values = MaskValues("shapes", {"cat": 0.25}, 2, 2)
    assert class_shares(values, {"cat": "cat"}, ["ground", "cat"], "ground") == {"ground": 0.75, "cat": 0.25}
    assert class_shares(values, {"cat": "cat"}, ["ground", "cat"], "ground", 2.0) == {"ground": 0.5, "cat": 0.5}
    assert classes_seen(values, {}, [], "ground") == {"ground"}

import math

import pytest

from segcli.runs.record_forms import (
    Form,
    either,
    flag,
    listing,
    mapping,
    maybe,
    number,
    record,
    share,
    text,
    whole,
)


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (text, ["", "a"], [None, 1, ["a"]]),
        (number, [0, -1.5, 1e18], [None, True, "1", math.nan, math.inf, 10**400]),
        (whole, [0, 3], [-1, 1.5, True, None, 10**30]),
        (share, [0, 1, 0.5], [-0.1, 1.1, "0.5", math.nan]),
        (flag, [True, False], [0, None]),
        (maybe(text), [None, "a"], [1]),
        (either(flag, whole), [True, 3], ["x"]),
        (listing(whole), [[], [1, 2]], [{}, [1, "a"], None]),
        (mapping(whole), [{}, {"a": 1}], [[], {1: 1}, {"a": "b"}]),
        (
            record({"a": whole}, {"b": text}),
            [{"a": 1}, {"a": 1, "b": "x", "c": []}],
            [{}, {"a": "x"}, {"a": 1, "b": 2}],
        ),
    ],
)
def test_values_are_accepted_or_refused(form: Form, good: list[object], bad: list[object]) -> None:
    assert [form(value, "k") for value in good] == [""] * len(good)
    assert all(form(value, "k") for value in bad)


def test_the_reason_names_the_innermost_key_and_a_short_value() -> None:
    form = record({"cost": mapping(listing(number))})
    assert form({"cost": {"a": [1, "x"]}}, "") == "cost.a.1 got 'x', expected a number"
    assert form({}, "") == "cost is missing"
    assert len(form({"cost": {"a": ["x" * 1000]}}, "")) < 100
    assert form({"cost": {"a": [10**5000]}}, "") == "cost.a.0 got int, expected a number"

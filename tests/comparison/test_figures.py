import math

import pytest

from segcli.comparison.comparison import Estimate
from segcli.comparison.figures import (
    MINUS,
    MISSING,
    count,
    duration,
    interval,
    memory,
    p_value,
    plural,
    plus_minus,
    score,
    share,
    signed,
    time_unit,
)


def test_scores() -> None:
    assert [score(value) for value in (0.65149, -1.5, 1234.567, None, math.nan)] == [
        "0.651",
        f"{MINUS}1.500",
        "1235",
        MISSING,
        MISSING,
    ]
    assert [signed(value) for value in (0.011, -0.011, 0.0, None)] == ["+0.011", f"{MINUS}0.011", "+0.000", MISSING]


def test_estimates() -> None:
    whole = Estimate(0.651, 0.006, 0.643, 0.659)
    assert (plus_minus(whole), interval(whole)) == ("0.651 ± 0.006", "[0.643, 0.659]")
    assert (plus_minus(Estimate(0.5)), interval(Estimate(0.5))) == ("0.500", "")
    assert interval(Estimate(0.0, None, -0.002, 0.024), signed) == f"[{MINUS}0.002, +0.024]"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (0.5, "0.5"), (999, "999"), (5.2e6, "5.2 M"), (1.5e9, "1.5 G"), (2e16, "2e+04 T"), (None, MISSING)],
)
def test_counts(value: float | None, expected: str) -> None:
    assert count(value) == expected


def test_other_numbers() -> None:
    assert [memory(value) for value in (2**30, 3 * 2**20, None)] == ["1.0 GiB", "3 MiB", MISSING]
    assert [duration(value) for value in (5.123, 119, 120, 9000, None)] == [
        "5.12 s",
        "119 s",
        "2 min",
        "2.5 h",
        MISSING,
    ]
    assert time_unit(0) == ("s", 1)
    assert [p_value(value) for value in (0.0004, 0.0421, None)] == ["< 0.001", "0.042", MISSING]
    assert [share(value) for value in (0.126, math.nan)] == ["13", ""]
    assert [plural(number, "run") for number in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]

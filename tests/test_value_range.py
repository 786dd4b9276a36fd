import pytest

from segcli.value_range import PERCENTILES, ranges_of


def test_one_range_is_of_all_channels() -> None:
    assert ranges_of((0, 255), 3) == [(0.0, 255.0)] * 3
    assert ranges_of([(0, 1), (2, 3)], 2) == [(0.0, 1.0), (2.0, 3.0)]
    assert ranges_of([[0, 1]], 2) == [(0.0, 1.0)] * 2  # as checkpoints hold it
    assert ranges_of(PERCENTILES, 2) == [(0.0, 1.0)] * 2


def test_ranges_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="got 2 ranges, expected one, or one for each of 3"):
        ranges_of([(0, 1), (2, 3)], 3)
    for empty in ((1, 1), [(0, 1), (3, 2)]):
        with pytest.raises(ValueError, match="expected low < high"):
            ranges_of(empty, 2)

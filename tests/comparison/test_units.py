import numpy as np
import pytest
from numpy.testing import assert_array_equal

from segcli.comparison.units import Units, effective_number, natural


@pytest.mark.parametrize(
    ("sizes", "kind"),
    [
        ((1,) * 8, "images"),
        ((25,) * 4, "groups"),
        ((27, 25, 25, 23), "groups"),
        ((2,) * 10, "groups"),
        ((101,), "blocks"),
        ((50, 50), "blocks"),
        ((30, 30, 30), "blocks"),
        ((97, 1, 1, 1, 1), "blocks"),  # hardly more than one
        ((1, 1), "images"),
    ],
)
def test_few_groups_are_taken_apart_into_blocks(sizes: tuple[int, ...], kind: str) -> None:
    groups = [f"clip {number}" for number, size in enumerate(sizes) for _ in range(size)]
    assert Units.of([f"{n}" for n in range(len(groups))], groups).kind == kind


def test_images_without_groups_are_units() -> None:
    units, rows = Units.of(["b", "a"]), np.arange(4.0).reshape(2, 2)
    assert (units.kind, units.num_groups) == ("images", 2)
    assert_array_equal(units.sums(rows), rows)


def test_groups_add_up_wherever_their_images_are() -> None:
    units = Units.of([str(n) for n in range(8)], ["a", "b", "c", "d"] * 2)
    assert_array_equal(units.sums(np.arange(8.0)[:, None]), [[4], [6], [8], [10]])


def test_blocks_are_of_consecutive_frames_of_one_group_around_its_end() -> None:
    units = Units.of(["x_10", "x_9", "y_1", "x_8", "y_2"], ["x", "x", "y", "x", "y"])
    rows = np.array([[10.0], [9], [1], [8], [2]])
    assert_array_equal(rows[units.order][:, 0], [8, 9, 10, 1, 2])
    assert_array_equal(units.sums(rows, 2)[:, 0], [17, 19, 18, 3, 3])
    assert_array_equal(units.sums(rows, 3)[:, 0], [27, 27, 27, 3, 3])  # y has no third
    assert_array_equal(units.sums(rows)[:, 0], [8, 9, 10, 1, 2])


def test_names_sort_by_their_numbers() -> None:
    assert sorted(["f_10", "f_9", "f_010b", "e", "12", "f"], key=natural) == ["12", "e", "f", "f_9", "f_10", "f_010b"]


def test_few_large_images_tell_less_than_many_equal_ones() -> None:
    pixels = np.array([[5.0, 100, 7, 0], [5, 1, 0, 0], [5, 1, 0, 0], [5, 0, 0, 0]])
    assert_array_equal(effective_number(pixels), [4, 102**2 / 10002, 1, 0])

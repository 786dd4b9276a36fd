import re

import numpy as np
import pytest

from segcli.datasets.parted_file import Grid


def _grid(size: float = 10, left: float = 0, top: float = 0, crs: str | None = None) -> Grid:
    return Grid(((size, 0, top), (0, size, left), (0, 0, 1)), crs)


@pytest.mark.parametrize(
    "other",
    [_grid(), _grid(left=0.5), _grid(crs="EPSG:4326"), Grid(), _grid(size=10.00005)],
    ids=["equal", "rounded", "without coordinates in one", "without a place", "rounded size"],
)
def test_grids_that_lie_on_each_other(other: Grid) -> None:
    assert _grid().differs(other, (100, 100)) is None


@pytest.mark.parametrize(
    ("other", "how"),
    [
        (_grid(left=10), "up to 1 pixels apart"),
        (_grid(size=10.2), "up to 2 pixels apart"),
        (_grid(top=float(np.float32(1e6))), "pixels apart"),
    ],
)
def test_grids_that_do_not(other: Grid, how: str) -> None:
    found = _grid().differs(other, (100, 100))
    assert found is not None
    assert re.search(how, found)


def test_other_coordinates_and_what_has_no_inverse() -> None:
    assert "EPSG:1 and of EPSG:2" in str(_grid(crs="EPSG:1").differs(_grid(crs="EPSG:2"), (5, 5)))
    assert "no inverse" in str(Grid(((0, 0, 0), (0, 0, 0), (0, 0, 1))).differs(_grid(), (5, 5)))

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.callbacks.schedule_picture import SIZE_PX
from segcli.experiment.tune.lr_picture import decades, draw, write


def test_the_suggestion_is_where_the_axes_say() -> None:
    lrs = [10.0 ** (i / 10 - 4) for i in range(41)]
    picture = np.asarray(draw(lrs, [2.0 - i / 40 for i in range(41)], 20, "")).astype(int)

    rows, columns = np.nonzero((picture[..., 0] > 180) & (picture[..., 1] < 60) & (picture[..., 2] < 60))
    left, right, top, floor = 90, SIZE_PX[0] - 30, 44, SIZE_PX[1] - 60
    near = np.hypot(columns - (left + right) / 2, rows - (top + floor) / 2) < 5
    assert near.sum() > 50


@pytest.mark.parametrize("first", [0.1, 2.0])
def test_an_easy_first_batch_does_not_cut_off_the_curve(first: float) -> None:
    lrs = [10.0 ** (i / 10 - 4) for i in range(41)]
    picture = np.asarray(draw(lrs, [first, *(2.0 - i / 40 for i in range(1, 41))], 20, "")).astype(int)

    rows, columns = np.nonzero((picture[..., 2] > 180) & (picture[..., 0] < 90))  # the curve
    start, middle = (rows[np.abs(columns - (90 + share * (SIZE_PX[0] - 120))) < 2].mean() for share in (0.05, 0.45))
    assert middle - start > 0.1 * SIZE_PX[1] * (1 if first > 1 else 0.5)


@pytest.mark.parametrize("losses", [[1.0, 1.0, 1.0], [1.0, float("nan"), 0.5], [1.0, 0.5, 1e9]])
def test_flat_diverged_and_missing_losses_are_drawn(losses: list[float]) -> None:
    assert draw([1e-3, 1e-2, 1e-1], losses, 0, "title").size == SIZE_PX


def test_decades_are_whole_powers_within() -> None:
    assert list(decades(-7.0, 0.0)) == list(range(-7, 1))
    assert list(decades(-2.5, -0.5)) == [-2, -1]


def test_is_written_as_png(tmp_path: Path) -> None:
    write(draw([1e-3, 1e-2], [2.0, 1.0], 1, ""), tmp_path / "lr.png")

    with Image.open(tmp_path / "lr.png") as picture:
        assert (picture.format, picture.size) == ("PNG", SIZE_PX)

from dataclasses import replace
from pathlib import Path

import numpy as np

from segcli.comparison.comparison import Convergence
from segcli.comparison.plots.convergence import convergence_figure, has_curves, logged, mean_line
from segcli.plot_style import style
from segcli.runs.curve import Point
from tests.comparison.made_comparison import make_comparison


def _curve(*pairs: tuple[int, float]) -> list[Point]:
    return [Point(n + 1, step, step / 10, step / 5, value) for n, (step, value) in enumerate(pairs)]


def test_the_mean_is_where_all_curves_are() -> None:
    steps, values = mean_line([_curve((10, 0.2), (20, 0.4), (30, 0.5)), _curve((15, 0.4), (25, 0.6))], "step")
    np.testing.assert_allclose(steps, [15, 20, 25])
    np.testing.assert_allclose(values, [(0.3 + 0.4) / 2, (0.4 + 0.5) / 2, (0.45 + 0.6) / 2])


def test_the_mean_of_no_curve_is_empty() -> None:
    steps, values = mean_line([[], []], "train_s")
    assert len(steps) == len(values) == 0


def test_a_line_for_every_run_and_every_mean_and_the_level(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, level=0.5)
    with style():
        figure = convergence_figure(comparison)
    assert [axes.get_xlabel() for axes in figure.axes] == ["optimizer steps", "training time (s)"]
    for axes in figure.axes:
        assert [text.get_text() for text in axes.texts] == ["common level 0.500"]
    curves = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 8]
    assert sorted(line.get_linewidth() for line in curves) == [0.9] * 6 + [2.4] * 2


def test_one_run_is_its_own_mean_and_without_a_level_there_is_no_mark(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, runs=1, level=None)
    with style():
        (axes,) = convergence_figure(comparison, ["step"]).axes
    assert [line.get_linewidth() for line in axes.lines] == [2.4, 2.4]
    assert not axes.texts


def test_a_test_has_the_curves_of_validation(tmp_path: Path) -> None:
    assert logged(replace(make_comparison(tmp_path), metric="test/mIoU")) == "val/mIoU"


def test_runs_without_curves_are_known(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    bare = Convergence({}, None, None, ((), ()))
    assert has_curves(comparison)
    assert not has_curves(replace(comparison, groups=tuple(replace(g, convergence=bare) for g in comparison.groups)))

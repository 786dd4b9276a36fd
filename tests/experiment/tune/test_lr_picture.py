import math

import pytest

from segcli.experiment.tune.lr_picture import draw
from segcli.plot_style import style

LRS = [10.0 ** (i / 10 - 4) for i in range(41)]


def test_the_suggestion_is_marked() -> None:
    (axes,) = draw(LRS, [2.0 - i / 40 for i in range(41)], 20, "").axes

    curve, mark = axes.get_lines()
    assert list(curve.get_xdata()) == LRS  # type: ignore[arg-type]
    assert (mark.get_xdata(), mark.get_ydata()) == ([LRS[20]], [1.5])
    assert [text.get_text() for text in axes.texts] == ["0.01"]
    axes.figure.draw_without_rendering()
    ticks = [text.get_text().replace("\N{MINUS SIGN}", "-") for text in axes.get_xticklabels()]
    assert ticks[1:-1] == ["1e-04", "1e-03", "1e-02", "1e-01", "1e+00"]


@pytest.mark.parametrize("first", [0.1, 2.0])
def test_an_easy_first_batch_does_not_cut_off_the_curve(first: float) -> None:
    losses = [first, *(2.0 - i / 40 for i in range(1, 41))]
    low, high = draw(LRS, losses, 20, "").axes[0].get_ylim()

    assert low < min(losses)
    assert high > max(losses)


def test_where_the_training_has_diverged_the_curve_is_cut_off() -> None:
    assert draw([1e-3, 1e-2, *[1e-1] * 20, 1.0], [1.0, 0.5, *[0.8] * 20, 1e9], 1, "").axes[0].get_ylim()[1] < 2


@pytest.mark.parametrize("losses", [[1.0, 1.0, 1.0], [1.0, float("nan"), 0.5], [1.0, 0.5, 1e9]])
def test_flat_diverged_and_missing_losses_are_drawn(losses: list[float]) -> None:
    with style():
        figure = draw([1e-3, 1e-2, 1e-1], losses, 0, "title")
        figure.draw_without_rendering()
    drawn = figure.axes[0].get_lines()[0].get_ydata()
    assert list(drawn) == [loss for loss in losses if math.isfinite(loss)]  # type: ignore[arg-type]

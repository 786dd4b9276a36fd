import numpy as np
import pytest

from segcli.comparison.plots.confusion import MOST_NUMBERS, confusion_figure, heat_map
from segcli.plot_style import size_px, style

SHARES = np.array([[0.9, 0.1, 0.0], [0.004, 0.5, 0.496], [np.nan, np.nan, np.nan]])


def test_cells_hold_percents_and_a_class_without_pixels_is_empty() -> None:
    with style():
        (axes,) = confusion_figure(SHARES, ["a", "b", "c"]).axes
    cells = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in axes.texts}
    assert cells == {(0, 0): "90", (0, 1): "10", (1, 1): "50", (1, 2): "50"}
    opacity = axes.images[0].get_array()[..., 3]
    np.testing.assert_allclose(opacity, np.sqrt(np.nan_to_num(SHARES)))


@pytest.mark.parametrize("number", [MOST_NUMBERS, MOST_NUMBERS + 1, 171])
def test_many_classes_have_colours_only(number: int) -> None:
    with style():
        figure = confusion_figure(np.eye(number), [f"class {n}" for n in range(number)])
        (axes,) = figure.axes
        figure.draw_without_rendering()
    assert len(axes.texts) == (number if number <= MOST_NUMBERS else 0)
    assert len(axes.get_yticks()) <= 80
    assert size_px(figure)[0] <= 860


def test_rows_and_columns_may_have_other_names() -> None:
    with style():
        (axes,) = heat_map(np.array([[0.5, 0.25]]), ["cat"], ["precision", "recall"]).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["precision", "recall"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat"]

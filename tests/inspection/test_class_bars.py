import pytest

from segcli.inspection.class_bars import class_bars_figure
from segcli.plot_style import style
from tests.inspection.made_statistics import make_statistics


@pytest.mark.parametrize("splits", [("train",), ("train", "val", "test")])
def test_there_is_a_bar_for_every_class_and_split(splits: tuple[str, ...]) -> None:
    statistics = make_statistics("sky", "a" * 60, "car", splits=splits)
    with style():
        figure = class_bars_figure(statistics, lambda _, one: one.share or 0.0, "% of the pixels")
    (axes,) = figure.axes
    assert sorted(bar.get_width() for bar in axes.patches) == pytest.approx(sorted([0, 10, 20] * len(splits)))
    assert axes.get_xlabel() == "% of the pixels"

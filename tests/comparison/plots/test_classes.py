from dataclasses import replace
from pathlib import Path

import pytest

from segcli.comparison.metric import Metric
from segcli.comparison.plots.classes import class_metric, class_names, classes_figure, columns_of
from segcli.plot_style import style
from tests.comparison.made_comparison import make_comparison


def test_many_classes_are_in_columns_of_about_equal_length() -> None:
    assert [len(column) for column in columns_of([str(n) for n in range(45)])] == [15, 15, 15]
    assert columns_of(["a", "b"]) == [["a", "b"]]
    assert columns_of([]) == []


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("val/mIoU", "IoU"), ("test/mDice", "Dice"), ("val/Dice/car", "Dice"), ("val/mAP", "AP"), ("val/loss", "score")],
)
def test_what_the_classes_are_measured_by(tmp_path: Path, metric: str, expected: str) -> None:
    comparison = make_comparison(tmp_path)
    known = Metric.named(metric).class_metric

    assert class_metric(replace(comparison, class_metric=known)) == expected


def test_bars_are_as_long_as_the_means_and_an_absent_class_has_none(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    first, second = comparison.groups
    only = {name: each for name, each in second.by_class.items() if name != "circle"}
    comparison = replace(comparison, groups=(first, replace(second, by_class=only)))
    names = class_names(comparison.groups)
    with style():
        (axes,) = classes_figure(comparison, [names]).axes
    assert names == ["background", "circle", "square"]
    widths = [bar.get_width() for container in axes.containers for bar in container]
    assert widths == [each.mean for group in comparison.groups for each in group.by_class.values()]
    ends = [tuple(line.get_xdata()) for line in axes.lines]
    assert (first.by_class["circle"].low, first.by_class["circle"].high) in ends
    assert axes.get_xlim()[0] == 0

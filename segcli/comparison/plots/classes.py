"""Plots of the classes' own scores: bars of all groups, with the intervals of their means."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segcli.comparison.comparison import Comparison, Group
from segcli.plot_style import (
    INK,
    LETTER_PX,
    SMALL_PX,
    WIDTH_PX,
    Look,
    add_axes,
    add_legend,
    legend_height_px,
    new_figure,
    number_axis,
    shorten,
)

MOST_IN_COLUMN = 20
"""Classes below each other; more are drawn in several columns."""
_LONGEST = 22
_MARGIN = 1.05
"""Length of an axis of scores above 1, as distances are, as a share of the longest bar."""
_BELOW_PX, _RIGHT_PX, _GAP_PX = 40, 14, 8


def class_names(groups: Sequence[Group]) -> list[str]:
    """Return the classes that any group has a score of, in their order."""
    return list(dict.fromkeys(name for group in groups for name in group.by_class))


def class_metric(comparison: Comparison) -> str:
    """Return what the classes are measured by: ``IoU``, ``Dice`` or ``AP``, or a metric of ``model.metrics``."""
    return comparison.class_metric or "score"


def columns_of(names: Sequence[str]) -> list[list[str]]:
    """Return the names in columns of about equal length, at most :data:`MOST_IN_COLUMN` each."""
    columns = -(-len(names) // MOST_IN_COLUMN)
    length = -(-len(names) // max(columns, 1))
    return [list(names[start : start + length]) for start in range(0, len(names), max(length, 1))]


def classes_figure(comparison: Comparison, columns: Sequence[Sequence[str]]) -> Figure:
    """Draw a bar per class and group, and a line for its interval.

    Args:
        comparison: Whose groups are drawn.
        columns: Names of classes; each column gets axes of its own.
    """
    labels = [group.label for group in comparison.groups]
    bar = _bar_px(len(labels))
    row = bar * len(labels) + _GAP_PX
    width = WIDTH_PX * len(columns)
    top = legend_height_px(labels, width)
    figure = new_figure(width, top + row * max(len(names) for names in columns) + _BELOW_PX)
    add_legend(figure, labels, bars=True)
    longest = min(max(len(name) for names in columns for name in names), _LONGEST)
    left = longest * LETTER_PX + 8
    means = [each.mean for group in comparison.groups for each in group.by_class.values() if math.isfinite(each.mean)]
    longest_bar = max([1.0, *means]) * (1 if max(means, default=0.0) <= 1 else _MARGIN)
    for column, names in enumerate(columns):
        place = (column * WIDTH_PX + left, top, WIDTH_PX - left - _RIGHT_PX, row * len(names))
        axes = add_axes(figure, *place)
        for position, group in enumerate(comparison.groups):
            _draw(axes, group, names, position, (position * bar + _GAP_PX / 2) / row, bar / row)
        axes.set_ylim(len(names), 0)
        axes.set_xlim(0, longest_bar)
        axes.set_yticks([at + 0.5 for at in range(len(names))], [shorten(name, _LONGEST) for name in names], color=INK)
        number_axis(axes, "x")
        axes.set_xlabel(class_metric(comparison), fontsize=SMALL_PX)
    return figure


def _draw(axes: Axes, group: Group, names: Sequence[str], position: int, offset: float, height: float) -> None:
    for at, name in enumerate(names):
        estimate = group.by_class.get(name)
        if estimate is None:
            continue
        y = at + offset
        axes.barh(y, estimate.mean, height * 0.9, align="edge", color=Look.of(position).colour)
        if estimate.low is not None and estimate.high is not None:
            middle = y + height * 0.45
            axes.plot([estimate.low, estimate.high], [middle, middle], color=INK, linewidth=1.2)


def _bar_px(groups: int) -> float:
    return {1: 12, 2: 9, 3: 7}.get(groups, 5 if groups <= 8 else 3.5)

"""Plots of scores: every run a dot, beside the mean and the interval of its group; and of differences."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segcli.comparison.comparison import Comparison, Difference, Estimate, Pair
from segcli.comparison.figures import MINUS, interval, score, signed
from segcli.plot_style import (
    INK,
    LETTER_PX,
    MUTED,
    PAPER,
    SMALL_PX,
    WIDTH_PX,
    Look,
    add_axes,
    new_figure,
    number_axis,
    shorten,
    spread,
)

BEYOND_NOISE = ("higher", "lower")
"""Verdicts of :class:`~segcli.comparison.comparison.Difference` that say that groups differ."""
_ROW_PX, _SIDE_PX, _BELOW_PX, _ABOVE_PX = 46, 10, 40, 22
_CLASS_ROW_PX, _LONGEST_CLASS = 19, 22


def scores_figure(comparison: Comparison) -> Figure:
    """Draw every group in a row of its own, best first, on a common axis of the metric."""
    groups = comparison.groups
    height = _ROW_PX * len(groups)
    figure = new_figure(WIDTH_PX, height + _BELOW_PX)
    axes = add_axes(figure, _SIDE_PX, 0, WIDTH_PX - 2 * _SIDE_PX, height)
    for row, group in enumerate(groups):
        look, y = Look.of(row), row + 0.68
        _interval(axes, group.score, y, look.colour, 7, 0.35)
        axes.plot(group.values, [y] * len(group.values), look.marker, color=look.colour, markersize=6, alpha=0.75)
        axes.plot([group.score.mean] * 2, [y - 0.17, y + 0.17], color=INK, linewidth=2)
        _write_row(axes, row, group.label, f"{score(group.score.mean)} {interval(group.score)}".rstrip())
    shown = [end for group in groups for end in (*group.values, *_ends(group.score))]
    _finish(axes, len(groups), spread(shown), comparison.metric)
    return figure


class DrawnDifference(NamedTuple):
    """A row of a plot of differences.

    Attributes:
        name: What stands beside it.
        difference: What is drawn.
        colour: Of the group that is better, used if the difference is beyond the noise.
    """

    name: str
    difference: Difference
    colour: str


def pair_rows(comparison: Comparison, pairs: Sequence[Pair]) -> list[DrawnDifference]:
    """Return the differences of the metric between groups, in the colour of the better group."""
    worse = "higher" if comparison.lower_is_better else "lower"
    return [
        DrawnDifference(
            f"{pair.first} {MINUS} {pair.second}",
            pair.score,
            colour_of(comparison, pair.second if pair.score.verdict == worse else pair.first),
        )
        for pair in pairs
    ]


def class_rows(comparison: Comparison, pair: Pair) -> list[DrawnDifference]:
    """Return the differences of the classes of a pair, in the colour of the group that is better at each."""
    worse = "higher" if comparison.lower_is_better else "lower"
    return [
        DrawnDifference(each.subject, each, colour_of(comparison, pair.second if each.verdict == worse else pair.first))
        for each in pair.by_class
    ]


def colour_of(comparison: Comparison, label: str) -> str:
    """Return the colour of a group."""
    return Look.of([group.label for group in comparison.groups].index(label)).colour


def differences_figure(rows: Sequence[DrawnDifference], metric: str, sides: tuple[str, str]) -> Figure:
    """Draw differences and their intervals beside zero; those beyond the noise are filled, the others hollow.

    Args:
        rows: From the top.
        metric: What the axis shows.
        sides: What it means to lie left and right of zero.
    """
    height = _ROW_PX * len(rows)
    figure = new_figure(WIDTH_PX, _ABOVE_PX + height + _BELOW_PX)
    axes = add_axes(figure, _SIDE_PX, _ABOVE_PX, WIDTH_PX - 2 * _SIDE_PX, height)
    for at, row in enumerate(rows):
        _difference(axes, row, at + 0.68)
        estimate = row.difference.estimate
        _write_row(axes, at, row.name, f"{signed(estimate.mean)} {interval(estimate, signed)}".rstrip())
    _finish_differences(figure, axes, rows, metric, sides)
    return figure


def class_differences_figure(rows: Sequence[DrawnDifference], metric: str, sides: tuple[str, str]) -> Figure:
    """Draw the differences of classes like :func:`differences_figure`, in narrow rows with the names at the left."""
    left = min(max(len(row.name) for row in rows), _LONGEST_CLASS) * LETTER_PX + 8
    height = _CLASS_ROW_PX * len(rows)
    figure = new_figure(WIDTH_PX, _ABOVE_PX + height + _BELOW_PX)
    axes = add_axes(figure, left, _ABOVE_PX, WIDTH_PX - left - _SIDE_PX, height)
    for at, row in enumerate(rows):
        _difference(axes, row, at + 0.5)
    _finish_differences(figure, axes, rows, metric, sides)
    names = [shorten(row.name, _LONGEST_CLASS) for row in rows]
    axes.set_yticks([at + 0.5 for at in range(len(names))], names, color=INK)
    return figure


def _finish_differences(
    figure: Figure, axes: Axes, rows: Sequence[DrawnDifference], metric: str, sides: tuple[str, str]
) -> None:
    """Draw zero, the axis, and what it means to lie left and right of zero."""
    axes.axvline(0, color=MUTED, linewidth=1, zorder=1)
    ends = [end for row in rows for end in _ends(row.difference.estimate)]
    _finish(axes, len(rows), spread([0.0, *ends]), f"difference of {metric}")
    left, _, right, _ = axes.get_position().extents
    room = int((right - left) * WIDTH_PX / LETTER_PX / 2) - 3
    texts = (f"← {shorten(sides[0], room)}", f"{shorten(sides[1], room)} →")
    for x, text, align in ((left, texts[0], "left"), (right, texts[1], "right")):
        figure.text(x, 1, text, ha=align, va="top", fontsize=SMALL_PX, color=MUTED)


def _difference(axes: Axes, row: DrawnDifference, y: float) -> None:
    estimate, is_beyond = row.difference.estimate, row.difference.verdict in BEYOND_NOISE
    colour = row.colour if is_beyond else MUTED
    _interval(axes, estimate, y, colour, 2.5, 1)
    face = colour if is_beyond else PAPER
    axes.plot([estimate.mean], [y], "o", color=colour, markerfacecolor=face, markersize=7, mew=1.5)


def _interval(axes: Axes, estimate: Estimate, y: float, colour: str, width_px: float, alpha: float) -> None:
    if estimate.low is not None and estimate.high is not None:
        ends = [estimate.low, estimate.high]
        axes.plot(ends, [y, y], color=colour, linewidth=width_px, alpha=alpha, solid_capstyle="butt")


def _write_row(axes: Axes, row: int, name: str, figures: str) -> None:
    """Write a name at the left and figures at the right, above what is drawn in a row."""
    room = int((WIDTH_PX - 2 * _SIDE_PX) / LETTER_PX) - len(figures) - 2
    across = axes.get_yaxis_transform()
    over_lines = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
    for x, text, side, colour in ((0, shorten(name, room), "left", INK), (1, figures, "right", MUTED)):
        axes.text(x, row + 0.24, text, transform=across, va="center_baseline", ha=side, color=colour, bbox=over_lines)


def _ends(estimate: Estimate) -> list[float]:
    return [end for end in (estimate.mean, estimate.low, estimate.high) if end is not None]


def _finish(axes: Axes, rows: int, limits: tuple[float, float], label: str) -> None:
    axes.set_ylim(rows, 0)
    axes.set_xlim(limits)
    axes.set_yticks([])
    number_axis(axes, "x")
    axes.set_xlabel(shorten(label, 60), fontsize=SMALL_PX)

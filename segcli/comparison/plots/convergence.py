"""Plots of the metric while runs trained: a thin line for every run, a bold one for the mean of a group."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from segcli.comparison.comparison import Comparison, Reached
from segcli.comparison.figures import score, time_unit
from segcli.comparison.metric import Metric
from segcli.plot_style import (
    INK,
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
from segcli.runs.curve import Point

Over = Literal["step", "train_s"]
Line = tuple[NDArray[np.float64], NDArray[np.float64]]
_LEFT_PX, _HEIGHT_PX, _BELOW_PX, _GAP_PX = 48, 230, 40, 20
_MOST_THIN = 0.55
"""Opacity of the line of a run; of many runs each is fainter."""


def has_curves(comparison: Comparison) -> bool:
    """Return whether any run has a curve of the metric."""
    return any(len(curve) for group in comparison.groups for curve in group.convergence.curves)


def logged(comparison: Comparison) -> str:
    """Return the metric of the curves: that of the validations, also where tests are compared."""
    return Metric.named(comparison.metric).logged


def convergence_figure(comparison: Comparison, overs: Sequence[Over] = ("step", "train_s")) -> Figure:
    """Draw the metric over optimizer steps, seconds of training, or both beside each other."""
    labels = [group.label for group in comparison.groups]
    width = WIDTH_PX * len(overs)
    top = legend_height_px(labels, width) + 22
    figure = new_figure(width, top + _HEIGHT_PX + _BELOW_PX)
    add_legend(figure, labels)
    for column, over in enumerate(overs):
        left = column * WIDTH_PX + _LEFT_PX
        axes = add_axes(figure, left, top, WIDTH_PX - _LEFT_PX - _GAP_PX, _HEIGHT_PX)
        _draw(axes, comparison, over)
    return figure


def mean_line(curves: Sequence[Sequence[Point]], over: Over) -> Line:
    """Return the mean of curves where all of them are known, linear between validations; empty where there is none.

    Args:
        curves: Validations of every run, in order.
        over: What the first of the two arrays holds.
    """
    lines = [_line(curve, over) for curve in curves if len(curve)]
    start = max((x[0] for x, _ in lines), default=0.0)
    end = min((x[-1] for x, _ in lines), default=-1.0)
    places = np.unique(np.concatenate([x for x, _ in lines])) if lines else np.zeros(0)
    places = places[(places >= start) & (places <= end)]
    return places, np.mean([np.interp(places, x, y) for x, y in lines], axis=0) if lines else np.zeros(0)


def _line(curve: Sequence[Point], over: Over) -> Line:
    return np.array([float(getattr(point, over)) for point in curve]), np.array([point.value for point in curve])


def _draw(axes: Axes, comparison: Comparison, over: Over) -> None:
    curves = [curve for group in comparison.groups for curve in group.convergence.curves if len(curve)]
    longest = max(float(getattr(curve[-1], over)) for curve in curves)
    unit, size = time_unit(longest) if over == "train_s" else ("", 1)
    for position, group in enumerate(comparison.groups):
        look, mine = Look.of(position), [curve for curve in group.convergence.curves if len(curve)]
        if len(mine) > 1:
            for x, y in (_line(curve, over) for curve in mine):
                faint = max(0.15, _MOST_THIN - 0.03 * len(mine))
                axes.plot(x / size, y, color=look.colour, linewidth=0.9, alpha=faint, linestyle=look.dashes)
        x, y = mean_line(mine, over)
        lone = look.marker if len(x) == 1 else None
        axes.plot(x / size, y, color=look.colour, linewidth=2.4, linestyle=look.dashes, marker=lone)
    _mark_level(axes, comparison, over, size)
    axes.set_xlim(0, longest / size * 1.02)
    axes.set_xlabel("optimizer steps" if over == "step" else f"training time ({unit})", fontsize=SMALL_PX)
    axes.set_title(shorten(logged(comparison), 40), loc="left", fontsize=SMALL_PX, pad=8)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    number_axis(axes, "x")
    number_axis(axes, "y")


def _mark_level(axes: Axes, comparison: Comparison, over: Over, size: int) -> None:
    if comparison.level is None:
        return
    axes.axhline(comparison.level, color=INK, linewidth=1, linestyle=(0, (2, 2)))
    for position, group in enumerate(comparison.groups):
        look, place = Look.of(position), _place(group.convergence.to_level, over)
        if place is not None:
            axes.plot([place / size], [comparison.level], look.marker, color=look.colour, markersize=8, mec=INK)
    across = axes.get_yaxis_transform()
    text = f"common level {score(comparison.level)}"
    above = -4 if comparison.lower_is_better else 4
    axes.annotate(
        text,
        (1, comparison.level),
        (0, -above),
        xycoords=across,
        textcoords="offset points",
        ha="right",
        va="top" if above > 0 else "bottom",
        fontsize=SMALL_PX,
    )


def _place(reached: Reached | None, over: Over) -> float | None:
    if reached is None:
        return None
    return reached.steps if over == "step" else reached.train_s

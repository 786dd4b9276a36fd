"""Plots of the metric against what models cost: every group a dot with its interval, over parameters and time."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

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
    new_figure,
    number_axis,
    shorten,
    spread,
)

_LEFT_PX, _GAP_PX, _TOP_PX, _BELOW_PX, _ROW_PX = 48, 20, 24, 40, 15
_LOWEST_PX, _NAMES_PX, _LONGEST_NAME = 230, 150, 20
_SPREAD_OUT = 4.0
"""Of values whose largest is more than so many times the smallest, the axis is logarithmic."""


class Over(NamedTuple):
    """What a plot is over.

    Attributes:
        label: Of the axis.
        of: Returns it of a group; None where it is not known.
    """

    label: str
    of: Callable[[Group], float | None]


def seconds_per_step(group: Group) -> float | None:
    """Return the mean time of an optimizer step over the runs of a group, in seconds, data loading included.

    None where no run has logged both.
    """
    ends = [curve[-1] for curve in group.convergence.curves if len(curve) and curve[-1].step and curve[-1].train_s]
    return sum(end.train_s / end.step for end in ends) / len(ends) if ends else None


OVERS = (
    Over("parameters (M)", lambda group: None if group.cost.parameters is None else group.cost.parameters / 1e6),
    Over("time per step (s)", seconds_per_step),
)


def has_costs(comparison: Comparison) -> bool:
    """Return whether several groups differ in what they cost."""
    return any(len({value for group in comparison.groups if (value := over.of(group))}) > 1 for over in OVERS)


def costs_figure(comparison: Comparison) -> Figure:
    """Draw the metric over parameters and over time beside each other, with names at the right."""
    groups = comparison.groups
    height = max(_LOWEST_PX, _ROW_PX * len(groups))
    figure = new_figure(len(OVERS) * WIDTH_PX + _NAMES_PX, _TOP_PX + height + _BELOW_PX)
    limits = spread([end for group in groups for end in _ends(group)], margin=0.04)
    for column, over in enumerate(OVERS):
        left = column * WIDTH_PX + _LEFT_PX
        axes = add_axes(figure, left, _TOP_PX, WIDTH_PX - _LEFT_PX - _GAP_PX, height)
        _draw(axes, groups, over)
        axes.set_ylim(limits)
        number_axis(axes, "y")
        if column == 0:
            axes.set_title(shorten(comparison.metric, 40), loc="left", fontsize=SMALL_PX, pad=8)
    _write_names(figure, groups, limits, height)
    return figure


def _draw(axes: Axes, groups: Sequence[Group], over: Over) -> None:
    known = [(Look.of(position), group, x) for position, group in enumerate(groups) if (x := over.of(group))]
    for look, group, x in known:
        ends = _ends(group)
        axes.plot([x, x], [min(ends), max(ends)], color=look.colour, linewidth=3, alpha=0.35, solid_capstyle="butt")
        axes.plot([x], [group.score.mean], look.marker, color=look.colour, markersize=7)
    values = [x for _, _, x in known]
    if values and max(values) > _SPREAD_OUT * min(values):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
        axes.xaxis.set_minor_formatter(lambda value, _: f"{value:,.10g}" if f"{value:e}"[0] in "25" else "")
        axes.grid(visible=True, axis="x", which="both", linewidth=1)
    else:
        number_axis(axes, "x")
    axes.set_xlabel(over.label, fontsize=SMALL_PX)


def _write_names(figure: Figure, groups: Sequence[Group], limits: tuple[float, float], height: float) -> None:
    """Write the names beside the last plot at the height of their means, moved apart where they would meet."""
    axes = add_axes(figure, len(OVERS) * WIDTH_PX - _GAP_PX / 2, _TOP_PX, _NAMES_PX, height)
    axes.set_axis_off()
    axes.set_xlim(0, _NAMES_PX)
    axes.set_ylim(0, height)
    low, high = limits
    wanted = sorted(
        ((group.score.mean - low) / (high - low) * height, position) for position, group in enumerate(groups)
    )
    for place, (wish, position) in zip(_apart([wish for wish, _ in wanted], height), wanted, strict=True):
        look = Look.of(position)
        axes.plot([2, 14], [wish, place], color=look.colour, linewidth=0.8)
        axes.plot([20], [place], look.marker, color=look.colour, markersize=5)
        name = shorten(groups[position].label, min(_LONGEST_NAME, int((_NAMES_PX - 28) / LETTER_PX)))
        axes.text(27, place, name, va="center", color=INK, fontsize=SMALL_PX)


def _apart(wanted: Sequence[float], height: float) -> list[float]:
    """Return places, lowest first, at least a row from each other, inside of the height, near to what is wanted."""
    places = list[float]()
    for place in wanted:
        places.append(max(place, places[-1] + _ROW_PX if places else _ROW_PX / 2))
    above = height - _ROW_PX / 2
    for index in range(len(places) - 1, -1, -1):
        places[index] = min(places[index], above)
        above = places[index] - _ROW_PX
    return places


def _ends(group: Group) -> list[float]:
    return [end for end in (group.score.mean, group.score.low, group.score.high) if end is not None]

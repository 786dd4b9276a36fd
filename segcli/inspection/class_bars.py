"""A plot of how much of each class there is, by split."""

from collections.abc import Callable

from matplotlib.figure import Figure

from segcli.inspection.statistics import ClassStatistics, DataStatistics, SplitStatistics
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

_LONGEST = 22
_BAR_PX, _GAP_PX, _BELOW_PX, _RIGHT_PX = 10, 8, 40, 14


def class_bars_figure(
    statistics: DataStatistics, share: Callable[[SplitStatistics, ClassStatistics], float], label: str
) -> Figure:
    """Draw a bar for every class of every split.

    Args:
        statistics: Of at least one split.
        share: How long it is, 0 to 1.
        label: What it is a share of.
    """
    labels = [split.split for split in statistics.splits]
    names = [one.name for one in statistics.splits[0].classes]
    row, top = _BAR_PX * len(labels) + _GAP_PX, legend_height_px(labels)
    figure = new_figure(WIDTH_PX, top + row * len(names) + _BELOW_PX)
    add_legend(figure, labels, bars=True)
    left = min(max(map(len, names)), _LONGEST) * LETTER_PX + 8
    axes = add_axes(figure, left, top, WIDTH_PX - left - _RIGHT_PX, row * len(names))
    for position, split in enumerate(statistics.splits):
        offset = (position * _BAR_PX + _GAP_PX / 2) / row
        shares = [100 * share(split, one) for one in split.classes]
        places = [at + offset for at in range(len(names))]
        axes.barh(places, shares, _BAR_PX / row * 0.9, align="edge", color=Look.of(position).colour)
    axes.set_ylim(len(names), 0)
    axes.set_xlim(0, None)
    axes.set_yticks([at + 0.5 for at in range(len(names))], [shorten(name, _LONGEST) for name in names], color=INK)
    number_axis(axes, "x")
    axes.set_xlabel(label, fontsize=SMALL_PX)
    return figure

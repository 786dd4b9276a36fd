"""A picture of a benchmark: how many times as fast every variant is, with its interval, and how many labels differ."""

from collections.abc import Sequence

from segcli.benchmark.benchmark import Result
from segcli.plot_style import (
    INK,
    LETTER_PX,
    MUTED,
    SMALL_PX,
    WIDTH_PX,
    Look,
    add_axes,
    new_figure,
    number_axis,
    png,
    shorten,
    spread,
    style,
)

_ROW_PX, _TOP_PX, _BELOW_PX, _GAP_PX, _LONGEST_NAME, _SHARE_PX = 30, 26, 44, 14, 40, 92


def picture(results: Sequence[Result]) -> bytes:
    """Draw a benchmark as PNG, a row for each variant, in the order that they were given.

    Args:
        results: The baseline first.
    """
    names = [shorten(each.variant.name, _LONGEST_NAME) for each in results]
    left = LETTER_PX * max(map(len, names)) + _GAP_PX
    height, width = _ROW_PX * len(results), left + WIDTH_PX + _SHARE_PX
    with style():
        figure = new_figure(width, _TOP_PX + height + _BELOW_PX)
        axes = add_axes(figure, left, _TOP_PX, WIDTH_PX - _GAP_PX, height)
        axes.axvline(1, color=MUTED, linewidth=1)
        for row, (name, each) in enumerate(zip(names, results, strict=True)):
            look, speed = Look.of(row), each.speed
            if speed.low is not None and speed.high is not None:
                axes.plot([speed.low, speed.high], [row, row], color=look.colour, linewidth=2)
            axes.plot([speed.value], [row], look.marker, color=look.colour, markersize=6)
            y = 1 - (_TOP_PX + _ROW_PX * (row + 0.5)) / (_TOP_PX + height + _BELOW_PX)
            figure.text((left - _GAP_PX) / width, y, name, ha="right", va="center", color=INK)
            share = f"{each.differing:.2%}" if row else ""
            figure.text((width - 4) / width, y, share, ha="right", va="center", color=INK)
        top = 1 - (_TOP_PX - 8) / (_TOP_PX + height + _BELOW_PX)
        figure.text((width - 4) / width, top, "labels differ", ha="right", va="bottom", color=MUTED, fontsize=SMALL_PX)
        axes.set_ylim(len(results) - 0.5, -0.5)
        axes.set_yticks([])
        ends = [
            end for each in results for end in (each.speed.value, each.speed.low, each.speed.high) if end is not None
        ]
        axes.set_xlim(spread([0.0, *ends]))
        axes.set_xlabel(f"times as fast as {names[0]}, with 95 % interval", fontsize=SMALL_PX)
        number_axis(axes, "x")
        return png(figure)

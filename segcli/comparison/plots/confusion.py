"""Heat maps of what is taken for what."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from segcli.comparison.figures import share
from segcli.plot_style import COLOURS, INK, LETTER_PX, SMALL_PX, WIDTH_PX, add_axes, new_figure, shorten

MOST_NUMBERS = 30
"""Classes up to which the cells hold numbers."""
MOST_SMALL = 12
"""Classes up to which a map is as wide as the other plots."""
WIDE_PX, WIDEST_PX = 680, 860
"""Of a map with numbers in more classes, and of one without numbers."""
_WHITE_FROM = 0.75
"""Share from which the number in a cell is white, in light and dark pages alike: there the cell itself is dark."""
_LONGEST, _MOST_NAMES, _MARGIN_PX, _LARGEST_CELL_PX = 18, 80, 4, 64


def confusion_figure(shares: NDArray[np.float64], classes: Sequence[str]) -> Figure:
    """Draw the share of every class's truth pixels that is predicted as each class.

    Args:
        shares: ``(K, K)``, truth by prediction, 0 to 1; rows of classes without pixels hold NaN.
        classes: Names of the K classes.
    """
    figure = heat_map(shares, classes, classes)
    figure.axes[0].set_xlabel("predicted", fontsize=SMALL_PX)
    figure.axes[0].xaxis.set_label_position("top")
    return figure


def heat_map(shares: NDArray[np.float64], rows: Sequence[str], columns: Sequence[str]) -> Figure:
    """Draw shares as cells of a growing opacity, with numbers in percent where there is room.

    Args:
        shares: ``(R, C)``, 0 to 1 or NaN.
        rows: R names.
        columns: C names.
    """
    number = len(rows)
    width = WIDTH_PX if number <= MOST_SMALL else WIDE_PX if number <= MOST_NUMBERS else WIDEST_PX
    left = min(max(map(len, rows)), _LONGEST) * LETTER_PX + 8
    top = min(max(map(len, columns)), _LONGEST) * LETTER_PX + 26
    cell = min((width - left - _MARGIN_PX) / len(columns), _LARGEST_CELL_PX)
    figure = new_figure(width, top + cell * number + _MARGIN_PX)
    axes = add_axes(figure, left, top, cell * len(columns), cell * number)
    opacity = np.sqrt(np.nan_to_num(shares))  # so that a share of a few percents is seen
    colour = np.broadcast_to(to_rgb(COLOURS[0]), (*shares.shape, 3))
    axes.imshow(np.dstack([colour, opacity]), aspect="auto", interpolation="none")
    axes.spines[:].set_visible(True)
    _name(axes, rows, columns, min(SMALL_PX, cell * 0.95))
    if number <= MOST_NUMBERS:
        _write_numbers(axes, shares, min(SMALL_PX, cell * 0.45))
    return figure


def _name(axes: Axes, rows: Sequence[str], columns: Sequence[str], size_px: float) -> None:
    """Name rows and columns; of very many each few."""
    every = -(-len(rows) // _MOST_NAMES)
    at = range(0, len(rows), every)
    axes.set_yticks(at, [shorten(rows[i], _LONGEST) for i in at], color=INK, fontsize=size_px * every**0.5)
    at = range(0, len(columns), every)
    names = [shorten(columns[i], _LONGEST) for i in at]
    axes.set_xticks(at, names, color=INK, fontsize=size_px * every**0.5, rotation=90)
    axes.tick_params(top=False, labeltop=True, bottom=False, labelbottom=False)


def _write_numbers(axes: Axes, shares: NDArray[np.float64], size_px: float) -> None:
    for row, column in zip(*np.nonzero(shares >= 0.005), strict=True):  # what rounds to 0 % is left empty
        value = float(shares[row, column])
        colour = "white" if value >= _WHITE_FROM else INK
        axes.text(column, row, share(value), ha="center", va="center", color=colour, fontsize=size_px)

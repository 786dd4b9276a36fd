"""A picture of IoU over the threshold of probabilities."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from segcli.plot_style import Look, add_axes, add_legend, legend_height_px, new_figure, number_axis

WIDTH_PX, PLOT_HEIGHT_PX = 800, 380


def draw(ious: NDArray[np.float64], thresholds: Sequence[float], names: Sequence[str]) -> Figure:
    """Draw IoU over thresholds, a line for each class, and mark the thresholds that were chosen.

    Args:
        ious: ``(C, T)`` at T thresholds, evenly spaced from 0 to below 1; NaN is left out.
        thresholds: Those that were chosen, one for each class.
        names: Of the classes.
    """
    labels = [f"{name}, {threshold:g}" for name, threshold in zip(names, thresholds, strict=True)]
    above = int(legend_height_px(labels, WIDTH_PX))
    figure = new_figure(WIDTH_PX, PLOT_HEIGHT_PX + above)
    add_legend(figure, labels)
    axes = add_axes(figure, 60, above + 8, WIDTH_PX - 80, PLOT_HEIGHT_PX - 60)
    number_axis(axes, "y")
    places = np.arange(ious.shape[1]) / ious.shape[1]
    for at, threshold in enumerate(thresholds):
        look = Look.of(at)
        axes.plot(places, ious[at], color=look.colour, linestyle=look.dashes)
        chosen = round(threshold * ious.shape[1])
        axes.plot(threshold, ious[at, chosen], color=look.colour, marker=look.marker, markersize=7)
    axes.set(xlabel="threshold", ylabel="IoU", xlim=(0, 1), ylim=(0, min(1.0, 1.1 * float(np.nanmax(ious)) or 1.0)))
    return figure

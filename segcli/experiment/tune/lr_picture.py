"""A picture of the loss over the learning rate."""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from segcli.plot_style import COLOURS, TEXT_PX, add_axes, new_figure, number_axis

SIZE_PX = (800, 360)
_PLACE_PX = (60, 32, 720, 270)
HIGHEST = 1.5
"""Losses above so many times those of the start are cut off: there the training has diverged."""
START = 20
"""Losses that are the start: the first alone may be of an easy batch."""
_MARGIN = 0.03


def draw(lrs: Sequence[float], losses: Sequence[float], marked: int, title: str) -> Figure:
    """Draw losses over the logarithm of their learning rates, and mark one.

    Args:
        lrs: Rising, above 0.
        losses: As many; what is not finite is left out.
        marked: Position of the learning rate that is suggested.
        title: What it shows.
    """
    figure = new_figure(*SIZE_PX)
    axes = add_axes(figure, *_PLACE_PX)
    number_axis(axes, "y")
    axes.set_title(title, loc="left", fontsize=TEXT_PX)
    points = [(lr, loss) for lr, loss in zip(lrs, losses, strict=True) if math.isfinite(loss)]
    finite = [loss for _, loss in points]
    low = min(finite)
    high = min(max(finite), HIGHEST * max(losses[marked], *finite[:START]))
    room = _MARGIN * (high - low) or 1e-9
    axes.plot(*zip(*points, strict=True), color=COLOURS[0])
    axes.plot(lrs[marked], losses[marked], color=COLOURS[1], marker="o", markersize=8)
    axes.annotate(
        f"{lrs[marked]:.2g}", (lrs[marked], losses[marked]), (8, 8), textcoords="offset points", color=COLOURS[1]
    )
    axes.set(xlabel="learning rate", xscale="log", xlim=(lrs[0], lrs[-1]), ylim=(low - room, high + room))
    axes.xaxis.set_major_formatter("{x:.0e}")
    axes.minorticks_off()
    return figure

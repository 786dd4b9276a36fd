"""Plots of a comparison as PNG files, for slides and papers."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from segcli.comparison.comparison import Comparison
from segcli.comparison.group_counts import GroupCounts
from segcli.comparison.metric import Metric
from segcli.comparison.plots.classes import class_names, classes_figure, columns_of
from segcli.comparison.plots.confusion import confusion_figure, heat_map
from segcli.comparison.plots.convergence import convergence_figure, has_curves
from segcli.comparison.plots.costs import costs_figure, has_costs
from segcli.comparison.plots.scores import scores_figure
from segcli.disk import write_bytes
from segcli.plot_style import png, style

_LONGEST_NAME = 60


def write_plots(comparison: Comparison, folder: Path) -> list[Path]:
    """Write ``scores.png``, ``costs.png``, ``convergence.png``, ``classes.png``, and ``confusion_<label>.png`` a group.

    What a comparison has no figures for is left out: curves of a metric that was never logged, for example. The
    confusion matrix of a group is the sum over its runs; of a multilabel task precision and recall are drawn.

    Args:
        comparison: What was found.
        folder: Is made if it does not exist; files of these names in it are replaced.

    Returns:
        The files, in the order above.

    Raises:
        OSError: If a file cannot be written.
    """
    written = []
    for name, draw in _plots(comparison):
        with style():
            content = png(draw())
        write_bytes(folder / name, content)
        written.append(folder / name)
    return written


def _plots(comparison: Comparison) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """Yield the name of every file and what draws it."""
    if comparison.groups:
        yield "scores.png", partial(scores_figure, comparison)
    if has_costs(comparison):
        yield "costs.png", partial(costs_figure, comparison)
    if has_curves(comparison):
        yield "convergence.png", partial(convergence_figure, comparison)
    if names := class_names(comparison.groups):
        yield "classes.png", partial(classes_figure, comparison, columns_of(names))
    taken: set[str] = set()
    for group in comparison.groups:
        counts = GroupCounts.of(group, Metric.named(comparison.metric).stage)
        if counts.total is not None:
            yield f"confusion_{file_name(group.label, taken)}.png", partial(_confusion, counts)


def _confusion(counts: GroupCounts) -> Figure:
    if counts.multilabel:
        return heat_map(counts.precision_and_recall(), counts.classes, ("precision", "recall"))
    return confusion_figure(counts.row_shares(), counts.classes)


def file_name(label: str, taken: set[str]) -> str:
    """Return a label as part of the name of a file, unlike those that are taken, which it joins."""
    plain = re.sub(r"[^\w.=+-]+", "_", label, flags=re.ASCII).strip("_.")[:_LONGEST_NAME] or "group"
    name, number = plain, 2
    while name.casefold() in taken:  # some file systems take no notice of capitals
        name, number = f"{plain}_{number}", number + 1
    taken.add(name.casefold())
    return name

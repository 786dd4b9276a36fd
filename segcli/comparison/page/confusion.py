"""The section of the page that shows what every group takes for what."""

from collections.abc import Mapping
from functools import partial

from segcli.comparison.figures import MISSING, plural, share
from segcli.comparison.group_counts import GroupCounts
from segcli.comparison.page.elements import Html, details, element, figure, listing, section, side_by_side, table
from segcli.comparison.page.svg import inline_svg
from segcli.comparison.plots.confusion import MOST_NUMBERS, MOST_SMALL, confusion_figure

MOST_CONFUSIONS = 10


def confusion(counts: Mapping[str, GroupCounts]) -> Html:
    """Return a matrix for every group, or precision and recall of a multilabel task.

    Args:
        counts: Of every group, by its label.
    """
    known = {label: each for label, each in counts.items() if each.total is not None}
    multilabel = any(each.multilabel for each in known.values())
    parts = [_precision_table(label, each) for label, each in known.items() if each.multilabel]
    plots = [_matrix(label, each) for label, each in known.items() if not each.multilabel]
    if plots:
        explained = (
            "Rows are the truth, columns the prediction, in percent of the pixels of the true class, summed over "
            "the images and runs of a group."
        )
        tables = [_confusion_table(label, each) for label, each in known.items() if not each.multilabel]
        parts += [element("p", explained), side_by_side(*plots), details("Largest confusions as tables", *tables)]
    problems = [f"{label}: {problem}" for label, each in counts.items() for problem in each.problems]
    if problems:
        parts.append(listing(problems))
    title = "Precision and recall" if multilabel else "Confusion"
    return section(title, "confusion", *parts)


def _matrix(label: str, counts: GroupCounts) -> Html:
    number = len(counts.classes)
    worst = counts.largest_confusions(1)
    found = ""
    if worst:
        truth, prediction, part = worst[0]
        found = f"Largest confusion: {share(part)} % of {truth} is taken for {prediction}."
    if number > MOST_NUMBERS:
        found += " The stronger the colour of a cell, the larger the share."
    draw = partial(confusion_figure, counts.row_shares(), counts.classes)
    kind = "plot" if number <= MOST_SMALL else "plot wide"
    drawn = inline_svg(draw, f"Confusion matrix of {label}, {plural(number, 'class')}")
    return figure(drawn, f"{label}.", found, kind)


def _confusion_table(label: str, counts: GroupCounts) -> Html:
    rows = [
        (truth, prediction, f"{share(part)} %")
        for truth, prediction, part in counts.largest_confusions(MOST_CONFUSIONS)
    ]
    return table(f"Largest confusions of {label}", ("Truth", "prediction", "share of the truth"), rows, (0, 1))


def _precision_table(label: str, counts: GroupCounts) -> Html:
    rows = [
        (name, *(f"{text} %" if (text := share(float(value))) else MISSING for value in row))
        for name, row in zip(counts.classes, counts.precision_and_recall(), strict=True)
    ]
    return table(f"{label}: precision and recall of each class", ("Class", "precision", "recall"), rows)

"""The sections of the page that hold plots of scores: of runs, while they trained, and of classes."""

from collections.abc import Sequence
from functools import partial

from segcli.comparison.comparison import Comparison, Estimate, Pair
from segcli.comparison.figures import MINUS, MISSING, interval, p_value, plural, plus_minus, score, signed
from segcli.comparison.page.elements import Html, details, element, figure, joined, section, side_by_side, table
from segcli.comparison.page.summary import MOST_PAIRS, pairs_of, some
from segcli.comparison.page.svg import inline_svg
from segcli.comparison.plots.classes import class_metric, class_names, classes_figure, columns_of
from segcli.comparison.plots.convergence import Over, convergence_figure, has_curves, logged
from segcli.comparison.plots.costs import costs_figure, has_costs
from segcli.comparison.plots.scores import (
    BEYOND_NOISE,
    class_differences_figure,
    class_rows,
    differences_figure,
    pair_rows,
    scores_figure,
)

MOST_CLASS_PAIRS = 5
"""Pairs whose differences by class are shown, the best group's first."""


def scores(comparison: Comparison) -> Html:
    """Return every run as a dot, and the differences between groups."""
    metric = comparison.metric
    runs = inline_svg(partial(scores_figure, comparison), f"{metric} of every run, with means and intervals")
    plots = [
        figure(
            runs, f"{metric}.", "A dot is a run, a line the mean of its group, a band the 95 % interval of the mean."
        )
    ]
    pairs = comparison.pairs
    if len(pairs) > MOST_PAIRS:
        pairs = tuple(pairs_of(comparison, comparison.groups[0].label)[:MOST_PAIRS])
    if pairs:
        draw = partial(differences_figure, pair_rows(comparison, pairs), metric, _sides(comparison, pairs))
        which = "" if len(pairs) == len(comparison.pairs) else f"{len(pairs)} of {len(comparison.pairs)} pairs. "
        caption = f"{which}Filled: beyond the noise, in the colour of the better group. Hollow: not."
        plots.append(figure(inline_svg(draw, f"Differences of {metric} between groups"), "Differences.", caption))
    if not has_costs(comparison):
        return section("Scores", "scores", side_by_side(*plots))
    over_costs = figure(
        inline_svg(partial(costs_figure, comparison), f"{metric} over parameters and over the time of a step"),
        f"{metric} over what a model costs.",
        "A line is the 95 % interval. The time is that of training, with loading, on the machine of the run.",
    )
    return section("Scores", "scores", side_by_side(*plots), over_costs)


def convergence(comparison: Comparison) -> Html:
    """Return the metric over steps and over time."""
    if not has_curves(comparison):
        return section("Convergence", "convergence", element("p", f"{logged(comparison)} was not logged."))
    overs: tuple[tuple[Over, str], ...] = (("step", "steps"), ("train_s", "training time"))
    caption = "Thin: runs. Bold: their mean."
    if comparison.level is not None:
        caption += f" A marker shows when a group came to the common level {score(comparison.level)}, on average."
    plots = [
        figure(
            inline_svg(partial(convergence_figure, comparison, [over]), f"{logged(comparison)} over {name}"),
            f"Over {name}.",
            caption,
        )
        for over, name in overs
    ]
    return section("Convergence", "convergence", side_by_side(*plots))


def classes(comparison: Comparison) -> Html:
    """Return the scores of all classes, and the differences between the best group and others."""
    names, metric = class_names(comparison.groups), class_metric(comparison)
    if not names:
        return section("Classes", "classes", element("p", "There are no scores of single classes."))
    caption = "A bar is the mean of a group, a line its 95 % interval."
    plots = [
        figure(
            inline_svg(partial(classes_figure, comparison, [column]), f"{metric} from {column[0]} to {column[-1]}"),
            f"{metric} by class.",
            caption,
        )
        for column in columns_of(names)
    ]
    with_classes = [pair for pair in comparison.pairs if pair.by_class]
    shown = [pair for pair in pairs_of(comparison, comparison.groups[0].label) if pair.by_class][:MOST_CLASS_PAIRS]
    plots += [_differences(comparison, pair, metric) for pair in shown]
    tables = [_class_table(comparison, names, metric), *(_difference_table(pair, metric) for pair in shown)]
    hidden = len(with_classes) - len(shown)
    more = f"Not drawn by class: {plural(hidden, 'more pair')}. Compare two groups alone to see theirs."
    notice = [element("p", more)] if hidden else []
    return section("Classes", "classes", side_by_side(*plots), *notice, details("Classes as tables", *tables))


def _nothing_beyond(pair: Pair) -> str:
    if all(each.p is None for each in pair.by_class):
        return "The noise between seeds is unknown."
    return "No class differs beyond the noise."


def _differences(comparison: Comparison, pair: Pair, metric: str) -> Html:
    name = _name(pair)
    beyond = [each.subject for each in pair.by_class if each.verdict in BEYOND_NOISE]
    found = joined(["Beyond the noise: ", some(beyond), "."]) if beyond else _nothing_beyond(pair)
    sides = _sides(comparison, [pair])
    draw = partial(class_differences_figure, class_rows(comparison, pair), metric, sides)
    return figure(inline_svg(draw, f"Differences of {metric} by class, {name}"), f"{name}.", found)


def _sides(comparison: Comparison, pairs: Sequence[Pair]) -> tuple[str, str]:
    """Return what it means to lie left and right of zero."""
    names = (pairs[0].second, pairs[0].first) if len(pairs) == 1 else ("second", "first")
    low, high = (f"{name} better" for name in names)
    return (high, low) if comparison.lower_is_better else (low, high)


def _class_table(comparison: Comparison, names: list[str], metric: str) -> Html:
    rows = [(name, *(_class_cell(group.by_class.get(name)) for group in comparison.groups)) for name in names]
    return table(f"{metric} of every class", ("Class", *(group.label for group in comparison.groups)), rows)


def _class_cell(estimate: Estimate | None) -> str:
    return MISSING if estimate is None else f"{plus_minus(estimate)} {interval(estimate)}".rstrip()


def _difference_table(pair: Pair, metric: str) -> Html:
    rows = [
        (each.subject, signed(each.estimate.mean), interval(each.estimate, signed) or MISSING, p_value(each.p_holm))
        for each in pair.by_class
    ]
    head = ("Class", "difference", "95 % interval", "p (Holm)")
    return table(f"Differences of {metric} by class, {_name(pair)}", head, rows)


def _name(pair: Pair) -> str:
    return f"{pair.first} {MINUS} {pair.second}"

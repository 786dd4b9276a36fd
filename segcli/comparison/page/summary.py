"""The head of the page: what was found in one sentence, what to know before trusting it, and the tables."""

from collections.abc import Iterator, Sequence

from segcli.comparison.comparison import Comparison, Group, Pair, Reached
from segcli.comparison.cost_columns import COST_COLUMNS
from segcli.comparison.figures import (
    MINUS,
    MISSING,
    count,
    duration,
    interval,
    p_value,
    plural,
    plus_minus,
    score,
    signed,
)
from segcli.comparison.image_groups import image_unit
from segcli.comparison.page.elements import Html, details, element, joined, listing, section, table
from segcli.comparison.page.svg import colour_variable

MOST_PAIRS = 15
"""Differences in one table or plot; of more pairs those with the best group are shown."""
SHARE = 0.95
"""Of its own best, at which the table says how fast a group learned."""


def title(comparison: Comparison) -> str:
    """Return what is compared, and by what."""
    by = f" by {', '.join(comparison.keys)}" if comparison.keys else ""
    return f"{comparison.metric}{by}"


def findings(comparison: Comparison) -> Html:
    """Say which group is best, and of which others it can be told apart."""
    if not comparison.groups:
        return Html("No run could be compared.")
    best, extreme = comparison.groups[0], "lowest" if comparison.lower_is_better else "highest"
    start = joined([element("strong", best.label), f" has the {extreme} mean {comparison.metric}"])
    start = joined([start, f", {plus_minus(best.score)}"])
    if len(comparison.groups) == 1:
        return joined([start, ". There is no other group."])
    found: dict[str, list[str]] = {}
    for pair in pairs_of(comparison, best.label):
        other = pair.second if pair.first == best.label else pair.first
        found.setdefault(_KINDS.get(pair.score.verdict, "beyond"), []).append(other)
    parts = [joined([words, some(found[kind])]) for kind, words in _WORDS.items() if kind in found]
    return joined([start, ": ", joined(parts, "; "), "."])


_KINDS = {"not distinguishable": "within", "unknown": "unknown"}
_WORDS = {
    "beyond": "beyond the noise of ",
    "within": "not distinguishable from ",
    "unknown": "with single runs, which tell nothing of the noise between seeds, unknown against ",
}


def some(names: Sequence[str], most: int = 5) -> Html:
    """Name a few, count the others."""
    shown = [element("strong", name) for name in (names if len(names) <= most else names[: most - 1])]
    hidden = len(names) - len(shown)
    last = f"{hidden} more" if hidden else shown.pop()
    return joined([joined(shown, ", "), " and ", last]) if shown else joined([last])


def pairs_of(comparison: Comparison, label: str) -> list[Pair]:
    """Return the pairs that a group is in."""
    return [pair for pair in comparison.pairs if label in (pair.first, pair.second)]


def verdict(pair: Pair, groups: Sequence[Group]) -> str:
    """Say what is known of a difference, and from how many seeds."""
    runs = {group.label: len(group.runs) for group in groups}
    first, second = runs[pair.first], runs[pair.second]
    seeds = plural(first, "seed") if first == second else f"{first} and {second} seeds"
    if pair.score.verdict == "unknown":
        return f"unknown: {seeds}, so the noise between seeds is not known"
    if pair.score.verdict == "not distinguishable":
        return f"not distinguishable at these {seeds}"
    return f"{pair.first} is {pair.score.verdict}, beyond the noise of these {seeds}"


def notices(comparison: Comparison) -> Iterator[Html]:
    """Yield what must not be overlooked: notes, and runs that were left out."""
    if comparison.notes:
        yield element("aside", element("h2", "Before you trust these figures"), listing(comparison.notes))
    if comparison.left_out:
        number = plural(len(comparison.left_out), "run")
        rows = [(joined([element("code", str(path))]), reason) for path, reason in comparison.left_out]
        yield element(
            "aside",
            element("h2", f"{number} left out"),
            table("They are in no figure", ("Run", "Reason"), rows, (0, 1)),
        )


def summary(comparison: Comparison) -> Html:
    """Return the section of tables: groups, differences, costs and runs."""
    parts = [_scores(comparison)]
    if comparison.pairs:
        parts += _differences(comparison)
    parts += [_costs(comparison), *_by_image_group(comparison), details("All runs", _runs(comparison))]
    return section("Summary", "summary", *parts)


def _scores(comparison: Comparison) -> Html:
    keys = comparison.keys or ("group",)
    level = () if comparison.level is None else (f"to {score(comparison.level)}, the common level",)
    head = (*keys, "runs", comparison.metric, "95 % interval", f"to {100 * SHARE:.0f} % of its best", *level, "area")
    rows = [_score_row(comparison, position) for position in range(len(comparison.groups))]
    return table("Scores, best mean first, and how fast they were reached", head, rows, range(len(keys)))


def _score_row(comparison: Comparison, position: int) -> list[str]:
    group = comparison.groups[position]
    first, *settings = group.settings if comparison.keys else (group.label,)
    swatch = element("span", class_="swatch", style=f"background: {colour_variable(position)}")
    number, convergence = len(group.runs), group.convergence
    reached = [_reached(convergence.to_share.get(SHARE), number)]
    reached += [] if comparison.level is None else [_reached(convergence.to_level, number)]
    area = MISSING if convergence.area is None else plus_minus(convergence.area)
    score_of = element("strong", plus_minus(group.score))
    return [joined([swatch, first]), *settings, str(number), score_of, interval(group.score) or MISSING, *reached, area]


def _reached(reached: Reached | None, runs: int) -> str:
    if reached is None or not reached.runs or reached.epochs is None:
        return MISSING if reached is None else "not reached"
    more = [count(reached.steps, " steps"), duration(reached.train_s)]
    more += [f"{reached.runs} of {runs} runs"] if reached.runs < runs else []
    return joined([f"{reached.epochs:.3g} epochs", element("small", ", ".join(more))])


def _differences(comparison: Comparison) -> list[Html]:
    """Return the table of all pairs; of many those without the best group are shown when asked for."""
    best = pairs_of(comparison, comparison.groups[0].label)
    shown = comparison.pairs if len(comparison.pairs) <= MOST_PAIRS else best
    rest = [pair for pair in comparison.pairs if pair not in shown]
    parts = [_difference_table(comparison, shown)]
    return parts + ([details(f"{len(rest)} more pairs", _difference_table(comparison, rest))] if rest else [])


def _difference_table(comparison: Comparison, pairs: Sequence[Pair]) -> Html:
    rows = [
        (
            f"{pair.first} {MINUS} {pair.second}",
            signed(pair.score.estimate.mean),
            interval(pair.score.estimate, signed) or MISSING,
            p_value(pair.score.p_holm),
            element("span", verdict(pair, comparison.groups), class_=f"verdict {_kind(pair)}"),
        )
        for pair in pairs
    ]
    head = ("Groups", "difference", "95 % interval", "p (Holm)", "verdict")
    return table(f"Differences of {comparison.metric}", head, rows, (0, 4))


def _by_image_group(comparison: Comparison) -> list[Html]:
    """Return the scores of every group of images, shown when asked for where there are many."""
    if not comparison.image_groups:
        return []
    unit = image_unit(comparison)
    rows = [
        (each.name, str(each.images), *(plus_minus(score_of) for score_of in each.scores))
        for each in comparison.image_groups
    ]
    head = (unit, "images", *(group.label for group in comparison.groups))
    found = table(f"{comparison.metric} by {unit}", head, rows)
    return [found] if len(rows) <= MOST_PAIRS else [details(f"{len(rows)} {unit}s", found)]


def _kind(pair: Pair) -> str:
    return _KINDS.get(pair.score.verdict, "beyond")


def _costs(comparison: Comparison) -> Html:
    head = ("Group", *(column.heading for column in COST_COLUMNS))
    rows = [(group.label, *(column.cell(group.cost) for column in COST_COLUMNS)) for group in comparison.groups]
    return table("Costs, means over the runs of a group", head, rows)


def _runs(comparison: Comparison) -> Html:
    rows = [
        (run.name, group.label, str(run.seed), score(value), element("code", str(run.path)))
        for group in comparison.groups
        for run, value in zip(group.runs, group.values, strict=True)
    ]
    return table(
        f"{comparison.metric} of every run", ("Run", "group", "seed", comparison.metric, "folder"), rows, (0, 1, 4)
    )

"""Write a comparison of runs for a terminal, a pull request or a program."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path

from segcli.comparison.comparison import Comparison, Difference, Pair
from segcli.comparison.figures import plural
from segcli.comparison.image_groups import image_unit
from segcli.comparison.load import shown
from segcli.config.escape import code, markdown, markdown_table, visible
from segcli.config.tables import WIDTH, text_table
from segcli.reports.compare_columns import (
    MOST_IMAGE_GROUPS,
    Columns,
    columns_of,
    columns_of_images,
    tables_of,
)
from segcli.runs.stored_run import StoredRun

_MAX_PAIRS = 15
_MAX_CLASSES = 5
_MAX_PAIRS_BY_CLASS = 3


def report(comparison: Comparison, form: str, width: int = WIDTH) -> str:
    """Return a comparison as ``text``, ``markdown`` or ``json``.

    Args:
        comparison: What was found.
        form: One of these.
        width: Characters of a line; tables of text that are wider are split, then folded.
    """
    if form == "json":
        return json.dumps(_plain(comparison), indent=2)
    return _markdown(comparison) if form == "markdown" else _text(comparison, width)


def _text(comparison: Comparison, width: int) -> str:
    tables = tables_of(comparison, width)
    lines = [line for table in tables for line in (*_printed(table, width), "")]
    pairs = [pair_sentence(pair, comparison) for pair in comparison.pairs[:_MAX_PAIRS]]
    lines += [*pairs, *_rest(comparison), ""] if pairs else []
    for pair in comparison.pairs[:_MAX_PAIRS_BY_CLASS]:
        shown_classes = largest(pair.by_class)
        widest = max((len(one.subject) for one in shown_classes), default=0)
        title = f"{pair.first} - {pair.second} by class, {comparison.class_metric}:"
        lines += [title, *(f"  {one.subject:{widest}}  {_delta(one)}" for one in shown_classes), ""] if widest else []
    if by_group := columns_of_images(comparison):
        lines += [f"{comparison.metric} by {image_unit(comparison)}:", *_printed(by_group, width)]
        lines += [*_more_groups(comparison), ""]
    left_out = [f"  {shown(path)}  {reason}" for path, reason in comparison.left_out]
    lines += ["left out:", *left_out, ""] if left_out else []
    lines += [f"note: {note}" for note in comparison.notes]
    return "\n".join(visible(line.rstrip()) for line in lines).rstrip("\n")


def _markdown(comparison: Comparison) -> str:
    lines = _markdown_table(columns_of(comparison))
    pairs = [f"- {markdown(pair_sentence(pair, comparison))}" for pair in comparison.pairs[:_MAX_PAIRS]]
    lines += ["", *pairs, *(f"- {line}" for line in _rest(comparison))] if pairs else []
    for pair in comparison.pairs[:_MAX_PAIRS_BY_CLASS]:
        by_class = largest(pair.by_class)
        title = f"{pair.first} - {pair.second}, {comparison.class_metric}"
        table = {"class": [one.subject for one in by_class], title: [_delta(one) for one in by_class]}
        lines += ["", *_markdown_table(table)] if by_class else []
    if by_group := columns_of_images(comparison):
        lines += ["", *_markdown_table(by_group), *_more_groups(comparison)]
    left_out = [f"- left out: {code(shown(path))} {markdown(reason)}" for path, reason in comparison.left_out]
    notes = [f"- note: {markdown(note)}" for note in comparison.notes]
    return "\n".join([*lines, *(["", *left_out, *notes] if left_out or notes else [])])


def pair_sentence(pair: Pair, comparison: Comparison) -> str:
    """Return a difference of two groups as one line: interval, p and verdict."""
    runs = {group.label: len(group.runs) for group in comparison.groups}
    numbers = runs[pair.first], runs[pair.second]
    verdict = pair.score.verdict
    if verdict == "unknown":
        single = [label for label in (pair.first, pair.second) if runs[label] == 1]
        who = "one run each" if len(single) == 2 else "".join(f"{label} has one run" for label in single)
        seeds_unknown = f"{who}: the noise between seeds is unknown, and not in the interval"
        said = seeds_unknown if single else "the noise is unknown: equal runs, or hardly two images"
    elif verdict in ("higher", "lower"):
        is_first = (verdict == "higher") != comparison.lower_is_better
        said = f"{pair.first if is_first else pair.second} is better{_where(comparison)}"
    else:
        seeds = str(numbers[0]) if numbers[0] == numbers[1] else f"{numbers[0]} and {numbers[1]}"
        said = f"not distinguishable at these {seeds} seeds"
    return f"{pair.first} - {pair.second}: {interval(pair.score)}{_p(pair.score, len(comparison.pairs))}: {said}"


def _where(comparison: Comparison) -> str:
    """Return what a verdict is about, where images of other groups are not covered by it."""
    units = comparison.image_units
    if units is None or units.kind != "blocks":
        return ""
    unit = image_unit(comparison)
    return f" on this {unit}" if units.groups == 1 else f" on these {units.groups} {unit}s"


def interval(one: Difference) -> str:
    """Return a difference and its 95 % interval: ``+0.011 [-0.002, +0.024]``."""
    low, high = one.estimate.low, one.estimate.high
    ends = "" if low is None or high is None else f" [{low:+.3f}, {high:+.3f}]"
    return f"{one.estimate.mean:+.3f}{ends}"


def largest(by_class: Sequence[Difference], number: int = _MAX_CLASSES) -> list[Difference]:
    """Return the differences of a few classes: those beyond the noise first, then the largest."""
    ranked = sorted(by_class, key=lambda one: (not _is_beyond_noise(one), -abs(one.estimate.mean)))
    return ranked[:number]


def _p(one: Difference, number: int) -> str:
    if one.p is None or one.p_holm is None:
        return ""
    said = f", p {_digits(one.p)}"
    return said if number == 1 else f"{said} ({_digits(one.p_holm)} of {number} pairs)"


def _digits(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.2g}"


def _delta(one: Difference) -> str:
    return interval(one) + ("  beyond the noise" if _is_beyond_noise(one) else "")


def _is_beyond_noise(one: Difference) -> bool:
    return one.verdict in ("higher", "lower")


def _rest(comparison: Comparison) -> list[str]:
    more = len(comparison.pairs) - _MAX_PAIRS
    return [f"{plural(more, 'more pair')}: --format json, or --html FILE"] if more > 0 else []


def _more_groups(comparison: Comparison) -> list[str]:
    more = len(comparison.image_groups) - MOST_IMAGE_GROUPS
    return [f"and {more} more: --format json, or --html FILE"] if more > 0 else []


def _printed(columns: Columns, width: int) -> list[str]:
    return text_table(zip(*columns.values(), strict=True), list(columns), width=width)


def _markdown_table(columns: Columns) -> list[str]:
    rows = zip(*columns.values(), strict=True)
    return markdown_table([*map(markdown, columns)], (map(markdown, row) for row in rows))


def _plain(value: object) -> object:
    """Return dataclasses as mappings, runs by path and seed, what is no number as null."""
    if isinstance(value, StoredRun):
        return {"path": str(value.path), "seed": value.seed}
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: _plain(part) for key, part in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value

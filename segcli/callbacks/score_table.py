"""Scores as tables on the terminal."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text
from torch import Tensor

from segcli.config.escape import visible
from segcli.metrics.scores import Scores
from segcli.score_spec import ScoreSpec

_MOST_GROUPS = 10
"""Groups of images in a table on the terminal."""


def score_tables(classes: tuple[str, ...], scores: Scores, title: str) -> list[Table]:
    """Return a row per class and one of means; what ``model.metrics`` names has a table of its own.

    Classes that are absent are marked so, and not in the means.
    """
    pixels = [*scores.pixels.tolist(), int(scores.pixels.sum())]
    first = _table(classes, scores.from_counts(), title, [f"{number:,}" for number in pixels])
    return [first, _table(classes, scores.others, "metrics")] if scores.others else [first]


def group_table(found: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return a row per group of images, those with the lowest mIoU; all are in the file of scores."""
    shown = Table(title="groups of images" + (f", the lowest of {len(found)}" if len(found) > _MOST_GROUPS else ""))
    names = [name for name in next(iter(found.values())) if name != "images"]
    for heading in ("group", "images", *names):
        shown.add_column(heading, justify="left" if heading == "group" else "right")
    values = {
        group: [math.nan if each[name] is None else each[name] for name in names] for group, each in found.items()
    }
    for group in sorted(found, key=lambda each: (math.isnan(values[each][0]), values[each][0]))[:_MOST_GROUPS]:
        shown.add_row(Text(visible(group)), str(found[group]["images"]), *map(_cell, values[group]))
    return shown


def _table(
    classes: tuple[str, ...], measured: Iterable[tuple[ScoreSpec, Tensor]], title: str, pixels: list[str] | None = None
) -> Table:
    found = list(measured)
    means = {spec.class_score: _cell(float(value)) for spec, value in found if spec.is_mean}
    columns = {spec.name: (spec.title, values.tolist()) for spec, values in found if spec.per_class}
    last = [[number] for number in pixels] if pixels else [[] for _ in (*classes, "mean")]
    table = Table(title=title, show_header=bool(columns))
    table.add_column("class", no_wrap=not columns)
    for heading in (*(heading for heading, _ in columns.values()), *(["pixels"] if pixels else [])):
        table.add_column(heading, justify="right")
    if columns:
        for index, name in enumerate(classes):
            table.add_row(Text(visible(name)), *(_cell(values[index]) for _, values in columns.values()), *last[index])
        table.add_section()
        table.add_row("mean", *(means.get(name, "") for name in columns), *last[-1])
    else:
        table.add_column("", justify="right")
    for spec, value in found:
        if not (spec.per_class or spec.is_mean):
            table.add_row(spec.title, _cell(float(value)))
    return table


def _cell(value: float) -> str:
    return "absent" if math.isnan(value) else f"{value:.3f}"

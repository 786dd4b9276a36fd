"""The columns of a comparison's table: what tells the groups apart, their scores, their pace, their cost."""

import math

from rich.cells import cell_len

from segcli.comparison.comparison import Comparison, Group, Reached
from segcli.comparison.cost_columns import COST_COLUMNS
from segcli.comparison.figures import MISSING, duration, plus_minus
from segcli.comparison.image_groups import image_unit
from segcli.config.tables import GAP

Columns = dict[str, list[str]]
_SHARE = 0.95
_WIDEST = 40
MOST_IMAGE_GROUPS = 10
"""Groups of images in a table of text."""


def columns_of(comparison: Comparison) -> Columns:
    """Return every column by its heading, with a cell for each group."""
    return {**_names(comparison), **_scores(comparison), **_cost(comparison)}


def tables_of(comparison: Comparison, width: int) -> list[Columns]:
    """Return the columns in as few tables as fit, each with what tells the groups apart.

    Args:
        comparison: What was found.
        width: Characters of a line.
    """
    tables = [_names(comparison)]
    for name, cells in {**_scores(comparison), **_cost(comparison)}.items():
        if _width({**tables[-1], name: cells}) > width:
            tables.append({"group": [group.label for group in comparison.groups]})
        tables[-1][name] = cells
    return tables


def columns_of_images(comparison: Comparison) -> Columns:
    """Return the scores of groups of images, those with the lowest (of a loss the highest) of the best group first."""
    worst = sorted(
        comparison.image_groups,
        key=lambda group: (group.scores[0].mean if not math.isnan(group.scores[0].mean) else math.inf, group.name),
        reverse=comparison.lower_is_better,
    )[:MOST_IMAGE_GROUPS]
    if not worst:
        return {}
    columns = {image_unit(comparison): [group.name for group in worst], "images": [str(each.images) for each in worst]}
    for position, group in enumerate(comparison.groups):
        columns[group.label] = [plus_minus(each.scores[position]) for each in worst]
    return columns


def _width(columns: Columns) -> int:
    return sum(max(map(cell_len, (name, *cells))) + GAP for name, cells in columns.items()) - GAP


def _names(comparison: Comparison) -> Columns:
    """Return the columns that tell the groups apart."""
    if not comparison.keys:
        return {"experiment": [group.label for group in comparison.groups]}
    return {key: [_short(group.settings[i]) for group in comparison.groups] for i, key in enumerate(comparison.keys)}


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _scores(comparison: Comparison) -> Columns:
    groups = comparison.groups
    columns = {
        "runs": [str(len(group.runs)) for group in groups],
        comparison.metric: [plus_minus(group.score) for group in groups],
        "95 %": [_ends(group) for group in groups],
        f"to {100 * _SHARE:.0f} % of best": [_way(g.convergence.to_share.get(_SHARE), g) for g in groups],
    }
    if comparison.level is not None:
        ways = [(group.convergence.to_level, group) for group in groups]
        columns[f"to {comparison.level:.3f}"] = [_way(way, group, timed=True) for way, group in ways]
    return columns


def _cost(comparison: Comparison) -> Columns:
    groups = comparison.groups
    return {each.heading: [each.cell(group.cost) for group in groups] for each in COST_COLUMNS if not each.page_only}


def _ends(group: Group) -> str:
    low, high = group.score.low, group.score.high
    if low is None or high is None:
        return MISSING
    return f"{low:.3f} .. {high:.3f}" + (" (images only)" if len(group.runs) == 1 else "")


def _way(reached: Reached | None, group: Group, timed: bool = False) -> str:
    if reached is None or reached.epochs is None:
        return "not reached" if any(group.convergence.curves) else MISSING
    whole = round(reached.epochs, 1)
    said = f"{whole:g} epoch{'' if whole == 1 else 's'}" + (f", {duration(reached.train_s)}" if timed else "")
    return said if reached.runs == len(group.runs) else f"{said} ({reached.runs} of {len(group.runs)})"

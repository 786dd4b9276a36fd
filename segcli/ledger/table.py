"""The table of recorded results, as Markdown, between two marks of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from segcli.config.escape import code, markdown, markdown_table
from segcli.ledger.entry import Entry, Figure

BEGIN = "<!-- results: written by segcli record -->"
END = "<!-- end of results -->"
HEAD = (
    *("experiment", "what it is", "command", "val mIoU", "test mIoU", "parameters", "training time", "images/s"),
    *("when", "state"),
)
_NONE = "-"


class PageError(ValueError):
    """A page has no place for the table; the message says what to do."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: Of the result or, where there is none, of the experiment.
        summary: What the experiment is.
        command: What trains it.
        entry: The result; None if it was not measured.
        stale: Why the result is stale; None if it is not.
    """

    name: str
    summary: str
    command: str
    entry: Entry | None = None
    stale: str | None = None


def table(rows: Sequence[Row]) -> str:
    """Return the table."""
    return "".join(f"{line}\n" for line in markdown_table(HEAD, map(_cells, rows)))


def with_table(page: str, text: str) -> str:
    """Return a page with another table between its marks.

    Raises:
        PageError: If the page does not have each of the two marks once, and in their order.
    """
    lines = [line.strip() for line in page.splitlines()]
    counts = lines.count(BEGIN), lines.count(END)
    if counts == (0, 0):
        raise PageError(f"has no place for the results; add these two lines where they are to be:\n{BEGIN}\n{END}")
    begin, end = (lines.index(mark) if mark in lines else -1 for mark in (BEGIN, END))
    if counts != (1, 1) or end < begin:
        raise PageError(f"must have each of these two lines once, in this order:\n{BEGIN}\n{END}")
    whole = page.splitlines()
    return "\n".join([*whole[: begin + 1], "", *text.splitlines(), "", *whole[end:]]) + "\n"


def score(found: Figure | None) -> str:
    """Return a score with its deviation and the number of seeds."""
    if found is None:
        return _NONE
    deviation = "" if found.sd is None else f" ± {found.sd:.3f}"
    return f"{found.mean:.3f}{deviation} ({found.n} seed{'' if found.n == 1 else 's'})"


def _cells(row: Row) -> tuple[str, ...]:
    lead = (code(row.name), markdown(" ".join(row.summary.split())), code(row.command))
    if row.entry is None:
        return (*lead, "not measured", *[_NONE] * (len(HEAD) - len(lead) - 1))
    entry, cost = row.entry, row.entry.content["cost"]
    scores = (score(entry.figure()), score(entry.figure(stage="test")))
    costs = (_count(cost.get("parameters")), _duration(cost.get("train_s")), _rate(cost))
    return (
        *lead,
        *scores,
        *costs,
        _when(entry),
        "current" if row.stale is None else f"**stale**: {markdown(row.stale)}",
    )


def _count(number: float | None) -> str:
    if number is None:
        return _NONE
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{number / 1e3:.0f} k"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return _NONE
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


def _rate(cost: dict[str, Any]) -> str:
    rate, device = cost.get("images_per_s"), cost.get("device")
    if rate is None:
        return _NONE
    number = f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"
    return f"{number} ({markdown(device)})" if device else number


def _when(entry: Entry) -> str:
    """Return the day of the last run, and the commits that ran."""
    runs = entry.content["runs"]
    commits = dict.fromkeys(code(run["git"]["commit"][:7]) for run in runs if run.get("git"))
    dirty = any(run["git"]["uncommitted"] for run in runs if run.get("git"))
    day = max(str(run.get("ended") or "") for run in runs)[:10]
    return ", ".join([*([day] if day else []), *commits]) + (" with uncommitted changes" if dirty else "")

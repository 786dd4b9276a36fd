"""Write what changed in the scores of two runs below the differences of their experiments."""

from dataclasses import asdict

from segcli.comparison.run_deltas import RunDeltas
from segcli.config.escape import markdown, markdown_table, visible
from segcli.config.tables import text_table
from segcli.reports.compare_report import interval

_UNKNOWN = "one run each: the noise between seeds is unknown, and intervals are of the images only"


def delta_text(found: RunDeltas, form: str) -> str:
    """Return the changes of scores; ``form`` is text or markdown."""
    note = [f"note: {found.note}"] if found.note else []
    if found.why_not:
        told = [f"no scores to compare: {found.why_not}", *note]
        return "\n\n".join(map(markdown, told)) if form == "markdown" else "\n".join(map(visible, told))
    rows = [(one.subject, interval(one)) for one in found.scores]
    classes = [(one.subject, interval(one)) for one in found.by_class]
    if form == "markdown":
        named = (*rows, *((f"IoU of {name}", delta) for name, delta in classes))
        table = markdown_table(("score", "after - before"), [(markdown(name), delta) for name, delta in named])
        below = [line for said in note for line in ("", markdown(said))]
        return "\n".join(["", *table, "", _UNKNOWN, *below])
    lines = text_table([*rows, *classes], indent=2)
    lines.insert(len(rows), "IoU by class")
    return "\n".join(map(visible, ["scores, after - before", *lines, _UNKNOWN, *note]))


def delta_record(found: RunDeltas) -> dict[str, object]:
    """Return the changes of scores as plain values."""
    return asdict(found)

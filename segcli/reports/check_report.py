"""What was found in experiments, and how it is written."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from segcli.config.errors import Problem
from segcli.config.escape import fenced, markdown, markdown_table, visible
from segcli.experiment.check import Report


def report_text(reports: Sequence[Report], form: str) -> str:
    """Return what was found as text, markdown or json; the last line says what was run."""
    return {"text": _text, "markdown": _markdown, "json": _json}[form](reports)


def _text(reports: Sequence[Report]) -> str:
    lines = []
    for report in reports:
        verdict = "bad" if report.errors else "ok "
        lines.append(visible(f"{verdict} {report.file}  {report.about}".rstrip()))
        lines += [f"  {visible(line)}" for text in _findings(report) for line in text.split("\n")]
    return "\n".join([*lines, visible(summary(reports))])


def _findings(report: Report) -> list[str]:
    warnings = [f"warning{str(problem).removeprefix('error')}" for problem in report.warnings]
    notes = [f"note: {note}" for note in report.notes]
    return [*(str(problem) for problem in report.errors), *warnings, *notes]


def summary(reports: Sequence[Report]) -> str:
    """Return how much was found, and what was run for it."""
    errors, warnings = sum(len(report.errors) for report in reports), sum(len(report.warnings) for report in reports)
    found = f"{_count(len(reports), 'file')}, {_count(errors, 'error')}, {_count(warnings, 'warning')}"
    ran = sorted({name for report in reports for name in report.ran})
    built = any(report.cost is not None for report in reports)
    what = f"The models were built, with code of {', '.join(ran)}; nothing else was" if ran else "Nothing was"
    return f"{found}. {what if ran or not built else 'The models were built; nothing else was'} run."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _markdown(reports: Sequence[Report]) -> str:
    rows = [(markdown(report.file), found(report), markdown(report.about)) for report in reports]
    lines = markdown_table(("file", "result", "model"), rows)
    told = [text for report in reports for text in _findings(report)]
    return "\n".join([*lines, "", *([fenced("\n".join(told)), ""] if told else []), markdown(summary(reports))])


def found(report: Report) -> str:
    """Return how much is wrong with one experiment."""
    result = _count(len(report.errors), "error") if report.errors else "ok"
    return result + (f", {_count(len(report.warnings), 'warning')}" if report.warnings else "")


def _json(reports: Sequence[Report]) -> str:
    return json.dumps([_entry(report) for report in reports], indent=2)


def _entry(report: Report) -> dict[str, Any]:
    return {
        "file": report.file,
        "ok": not report.errors,
        "fragment": report.is_fragment,
        "about": report.about,
        "errors": [_plain(problem) for problem in report.errors],
        "warnings": [_plain(problem) for problem in report.warnings],
        "not_run": [each.name for each in report.left_out],
        "ran": report.ran,
        "cost": asdict(report.cost) if report.cost else None,
    }


def _plain(problem: Problem) -> dict[str, Any]:
    where, line = problem.source or (None, None)
    return {"key": problem.key, "message": problem.message, "file": where, "line": line}

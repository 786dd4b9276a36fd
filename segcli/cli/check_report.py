"""What was found in experiments, and how it is written."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from segcli.config.compose import Experiment
from segcli.config.errors import Problem
from segcli.config.escape import fenced, markdown, table_row, visible
from segcli.config.foreign import Foreign
from segcli.config.model_name import model_name

if TYPE_CHECKING:
    from segcli.experiment.meta_build import ModelCost


@dataclass
class Report:
    """What was found in one file.

    Attributes:
        file: The file, as shown.
        errors: Mistakes.
        warnings: What runs but should be looked at.
        experiment: The composed experiment, if it composes.
        is_fragment: Whether it is only a part of experiments.
        cost: What the model costs, where it was built.
        batches: Training batches of an epoch, where the data set was counted.
        left_out: What was not checked, since it would have run code of others.
        ran: Classes of others that were constructed.
    """

    file: str
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    experiment: Experiment | None = None
    is_fragment: bool = False
    cost: "ModelCost | None" = None
    batches: int | None = None
    left_out: list[Foreign] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)

    @property
    def about(self) -> str:
        """What the experiment trains, and what that costs."""
        if self.is_fragment:
            return "a fragment: keys, names and plain types were checked, not what it leaves to others"
        if self.experiment is None:
            return ""
        return model_name(self.experiment) + (f"  {self.cost}" if self.cost else "")

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed in building the model, and what was not checked."""
        what = "is not run by this check, so only its text was read"
        left_out = (f"{each.key}: {each.name} {what}" for each in self.left_out)
        return (*(self.cost.notes if self.cost else ()), *left_out)


def report_text(reports: Sequence[Report], form: str) -> str:
    """Return what was found as text, markdown or json; the last line says what was run."""
    return {"text": _text, "markdown": _markdown, "json": _json}[form](reports)


def _text(reports: Sequence[Report]) -> str:
    lines = []
    for report in reports:
        verdict = "bad" if report.errors else "ok "
        lines.append(visible(f"{verdict} {report.file}  {report.about}".rstrip()))
        lines += [f"  {visible(line)}" for text in _findings(report) for line in text.split("\n")]
    return "\n".join([*lines, visible(_summary(reports))])


def _findings(report: Report) -> list[str]:
    warnings = [f"warning{str(problem).removeprefix('error')}" for problem in report.warnings]
    notes = [f"note: {note}" for note in report.notes]
    return [*(str(problem) for problem in report.errors), *warnings, *notes]


def _summary(reports: Sequence[Report]) -> str:
    errors, warnings = sum(len(report.errors) for report in reports), sum(len(report.warnings) for report in reports)
    found = f"{_count(len(reports), 'file')}, {_count(errors, 'error')}, {_count(warnings, 'warning')}"
    ran = sorted({name for report in reports for name in report.ran})
    built = any(report.cost is not None for report in reports)
    what = f"The models were built, with code of {', '.join(ran)}; nothing else was" if ran else "Nothing was"
    return f"{found}. {what if ran or not built else 'The models were built; nothing else was'} run."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _markdown(reports: Sequence[Report]) -> str:
    lines = [table_row(("file", "result", "model")), table_row(["---"] * 3)]
    for report in reports:
        result = _count(len(report.errors), "error") if report.errors else "ok"
        result += f", {_count(len(report.warnings), 'warning')}" if report.warnings else ""
        lines.append(table_row((markdown(report.file), result, markdown(report.about))))
    found = [text for report in reports for text in _findings(report)]
    return "\n".join([*lines, "", *([fenced("\n".join(found)), ""] if found else []), markdown(_summary(reports))])


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

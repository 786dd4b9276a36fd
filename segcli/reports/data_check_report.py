"""What was found in a data set, and how it is written."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from segcli.comparison.figures import plural
from segcli.config.escape import markdown, visible
from segcli.inspection.finding import SEVERITIES, DataReport, Finding

MOST_FILES = 8
"""Lines of files below a finding, in text and Markdown."""


def data_check_report(report: DataReport, form: str) -> str:
    """Return what was found as text, markdown or json; of many files, text and Markdown name the first."""
    return {"text": _text, "markdown": _markdown, "json": _json}[form](report)


def _summary(report: DataReport) -> str:
    images = ", ".join(f"{split} {count}" for split, count in report.images.items())
    found = ", ".join(plural(report.count(severity), severity) for severity in SEVERITIES)
    return f"images: {images}. {found}."


def _files(finding: Finding) -> Iterator[str]:
    yield from finding.files[:MOST_FILES]
    if (more := len(finding.files) - MOST_FILES) > 0:
        yield f"and {more} more: --format json"


def _text(report: DataReport) -> str:
    lines: list[str] = []
    for finding in report.findings:
        lines.append(f"{finding.severity}: {finding.message}")
        lines += [f"  {file}" for file in _files(finding)]
        lines += [f"  -> {finding.advice}"] if finding.advice else []
    return "\n".join(map(visible, [*lines, _summary(report)]))


def _markdown(report: DataReport) -> str:
    lines: list[str] = []
    for finding in report.findings:
        advice = f"; {finding.advice}" if finding.advice else ""
        lines.append(f"- **{finding.severity}**: {markdown(finding.message + advice)}")
        lines += [f"  - {markdown(file)}" for file in _files(finding)]
    return "\n".join([*lines, *([""] if lines else []), markdown(_summary(report))])


def _json(report: DataReport) -> str:
    counts = {severity: report.count(severity) for severity in SEVERITIES}
    record = {"images": dict(report.images), "counts": counts, "findings": [asdict(each) for each in report.findings]}
    return json.dumps(record, indent=2)

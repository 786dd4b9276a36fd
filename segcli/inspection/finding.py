"""What was found in a data set, and how bad it is. Free of torch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        severity: ``error`` where scores would be wrong or a training fail, ``warning`` for what should be looked at,
            ``note`` for what is good to know.
        kind: A name of it for programs, such as ``copies-across-splits``.
        message: What it is.
        advice: What to do; empty where there is nothing to do.
        files: Lines that name the files, or pairs of them, each with what there is to say of it.
    """

    severity: Severity
    kind: str
    message: str
    advice: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataReport:
    """What was found in the splits of a data set.

    Attributes:
        images: Number of images that were looked at, by split.
        findings: The worst first.
    """

    images: Mapping[str, int]
    findings: Sequence[Finding]

    def with_findings(self, added: Iterable[Finding]) -> "DataReport":
        """Return a report with more findings, the worst first."""
        order = {severity: rank for rank, severity in enumerate(SEVERITIES)}
        return DataReport(self.images, sorted([*self.findings, *added], key=lambda finding: order[finding.severity]))

    def count(self, severity: Severity) -> int:
        """Return how many findings are that bad."""
        return sum(finding.severity == severity for finding in self.findings)

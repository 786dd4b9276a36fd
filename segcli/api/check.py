"""Find mistakes in experiments from Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segcli.api.call import Given, from_python, subject, told
from segcli.api.html import output
from segcli.comparison.page.elements import element, table
from segcli.config.errors import Problem
from segcli.config.from_python import override_words
from segcli.experiment.check import Report, check_experiments
from segcli.reports.check_report import found, report_text, summary


@dataclass(frozen=True, repr=False)
class Check:
    """What was found in experiments; a notebook shows it as a table.

    Attributes:
        reports: One for each experiment.
    """

    reports: Sequence[Report]

    @property
    def ok(self) -> bool:
        """Whether there are no mistakes; warnings may be."""
        return not self.errors

    @property
    def errors(self) -> list[Problem]:
        """All mistakes: ``key``, ``message``, ``source``."""
        return [problem for report in self.reports for problem in report.errors]

    @property
    def warnings(self) -> list[Problem]:
        """All that runs, but should be looked at."""
        return [problem for report in self.reports for problem in report.warnings]

    def __repr__(self) -> str:
        return report_text(self.reports, "text")

    def _repr_html_(self) -> str:
        rows = [(each.file, found(each), each.about) for each in self.reports]
        told = [element("p", str(problem), style="white-space: pre-wrap") for problem in self.errors]
        told += [element("p", f"warning: {each.key}: {each.message}") for each in self.warnings]
        return output(table(summary(self.reports), ("experiment", "result", "model"), rows, range(3)), *told)


def check(*experiments: Given, overrides: Mapping[str, Any] | None = None, build: bool = False) -> Check:
    """Find mistakes in experiments without data and without weights, as ``segcli check`` does.

    Args:
        experiments: Files, run folders, folders of experiments, or mappings as files would hold them; none takes all
            below the working directory.
        overrides: Values over each; see :func:`segcli.fit`.
        build: Whether to build each model too, and pass a batch of shapes through it.

    Returns:
        What was found. Mistakes in experiments are no exceptions here.

    Raises:
        ConfigError: If a folder holds no experiment, or an override is no plain value.

    Example:
        >>> segcli.check("experiments/quickstart.yaml", overrides={"model.decoder.width": 3}).errors[0].message
        "FPN has no option 'width'"
    """
    with from_python():
        words = override_words(overrides or {})
        given = [subject(each) for each in experiments]
        reports = check_experiments(given or ["."], words, build)
    for report in reports:
        report.errors, report.warnings = list(map(told, report.errors)), list(map(told, report.warnings))
    return Check(reports)

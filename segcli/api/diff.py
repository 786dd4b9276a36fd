"""Compare two experiments from Python."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from segcli.api.call import Given, from_python, subject
from segcli.api.html import heading, output, sentences
from segcli.comparison.page.elements import table
from segcli.experiment.experiment_diff import ExperimentDiff, diff_experiments
from segcli.reports.diff_report import diff_text
from segcli.runs.run_folder import is_run

if TYPE_CHECKING:
    from segcli.comparison.run_deltas import RunDeltas


@dataclass(repr=False)
class Diff(ExperimentDiff):
    """What differs between two experiments; a notebook shows it as a table.

    Attributes:
        deltas: What that did to the scores, where both are runs; else None.
    """

    how_to_show_all: ClassVar[str] = "show_all=True"
    deltas: "RunDeltas | None" = None

    def __repr__(self) -> str:
        return self._written("text")

    def _repr_markdown_(self) -> str:
        return self._written("markdown")

    def _repr_html_(self) -> str:
        rows = [(each.group, each.key, each.old, each.new, str(each.origin or "")) for each in self.changes]
        head = ("", "key", self.a, self.b, "through")
        changes = table("", head, rows, range(5)) if rows else heading("no difference", self.a, self.b)
        parts = [changes, *sentences(self.remarks())]
        if self.deltas is not None and not self.deltas.why_not:
            from segcli.reports.compare_report import interval

            scores = [(one.subject, interval(one)) for one in self.deltas.scores]
            classes = [(f"IoU of {one.subject}", interval(one)) for one in self.deltas.by_class]
            parts.append(table("scores, after - before", ("score", "difference"), [*scores, *classes]))
        elif self.deltas is not None:
            parts += sentences([f"no scores to compare: {self.deltas.why_not}"])
        if self.deltas is not None and self.deltas.note:
            parts += sentences([f"note: {self.deltas.note}"])
        return output(*parts)

    def _written(self, form: str) -> str:
        text = diff_text(self, form)
        if self.deltas is None:
            return text
        from segcli.reports.delta_report import delta_text

        return f"{text}\n{delta_text(self.deltas, form)}"


def diff(a: Given, b: Given, *, composed: bool = False, build: bool = False, show_all: bool = False) -> Diff:
    """Compare two experiments by what they mean, as ``segcli diff`` does.

    Args:
        a: The one before: a file, a run or its folder, ``"REV:FILE"`` of git, or a mapping as a file would hold it.
        b: The one after.
        composed: Whether to compare what the files say only; otherwise with every default of the code.
        build: Whether to add parameters and FLOPs of both, for which the models are built.
        show_all: Whether to include what changes no result, such as run folders, loggers and workers.

    Returns:
        ``changes``, with ``key``, ``old``, ``new`` and where each was written; of two runs also ``deltas``, the
        differences of their scores.

    Raises:
        ConfigError: If an experiment does not compose, or a revision is unknown.

    Example:
        >>> segcli.diff("experiments/fpn_r50.yaml", "experiments/unet_r50.yaml").changes[0].key
        'model.decoder'
    """
    with from_python():
        old, new = subject(a), subject(b)
        found = Diff(**vars(diff_experiments(old, new, composed, build, show_all)))
        if isinstance(old, str) and isinstance(new, str) and is_run(old) and is_run(new):
            from segcli.comparison.run_deltas import run_deltas

            found.deltas = run_deltas(Path(old), Path(new))
        return found

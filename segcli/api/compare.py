"""Report from Python which runs are better."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from segcli.api.call import Place, from_python, listed
from segcli.api.html import heading, output, sentences
from segcli.api.wording import in_python
from segcli.comparison.compare_runs import compare_runs
from segcli.comparison.comparison import Comparison
from segcli.comparison.load import shown
from segcli.comparison.measured_run import BEST, At
from segcli.comparison.metric import MEAN_IOU
from segcli.comparison.page.elements import table
from segcli.config.errors import ConfigError, Problem
from segcli.reports.compare_columns import columns_of
from segcli.reports.compare_report import pair_sentence, report


@dataclass(frozen=True, repr=False)
class RunComparison(Comparison):
    """Groups of runs, best first, and the differences between them; a notebook shows it as a table.

    ``groups`` holds each with its ``runs``, ``score`` (mean, deviation, interval) and ``cost``; ``pairs`` the
    differences with intervals, p and verdict.
    """

    @property
    def table(self) -> list[dict[str, Any]]:
        """A row for each group, of plain numbers; ``pandas.DataFrame(comparison.table)``."""
        rows = []
        for group in self.groups:
            score, cost = group.score, group.cost
            rows.append(
                {
                    **(dict(zip(self.keys, group.settings, strict=True)) or {"group": group.label}),
                    "runs": len(group.runs),
                    self.metric: score.mean,
                    **{name: getattr(score, name) for name in ("deviation", "low", "high")},
                    **{each.name: getattr(cost, each.name) for each in fields(cost)},
                }
            )
        return rows

    def page(self, path: str | os.PathLike[str]) -> Path:
        """Write the whole comparison as one HTML file that needs nothing else: plots, classes, images, settings.

        Args:
            path: The file; it is replaced if it exists.

        Returns:
            The file.

        Raises:
            ConfigError: If it cannot be written.
        """
        from segcli.comparison.page.page import write_page

        try:
            write_page(self, Path(path))
        except OSError as error:
            raise ConfigError([Problem(f"cannot write {os.fspath(path)}: {error.strerror or error}")]) from None
        return Path(path)

    def __repr__(self) -> str:
        return in_python(report(self, "text"))

    def _repr_markdown_(self) -> str:
        return in_python(report(self, "markdown"))

    def _repr_html_(self) -> str:
        columns = columns_of(self)
        texts = range(max(len(self.keys), 1))
        better = "lower" if self.lower_is_better else "higher"
        groups = table(f"{better} is better", list(columns), zip(*columns.values(), strict=True), texts)
        pairs = sentences(pair_sentence(pair, self) for pair in self.pairs)
        left_out = [f"left out: {shown(path)} {reason}" for path, reason in self.left_out]
        notes = sentences([*left_out, *(f"note: {in_python(note)}" for note in self.notes)])
        return output(heading(self.metric), groups, *pairs, *notes)


def compare(
    runs: Place | Sequence[Place],
    *,
    by: str | Sequence[str] = (),
    metric: str = MEAN_IOU,
    level: float | None = None,
    at: At = BEST,
    group: str | None = None,
    force: bool = False,
) -> RunComparison:
    """Report which runs are better, how fast they learned and what they cost, and whether that is more than noise.

    Runs that differ only in their seed are one group. Intervals are of 95 % and cover the noise of seeds and the choice
    of images.

    Args:
        runs: Runs, their folders, or folders of them.
        by: Keys whose values make a group instead, such as ``model.decoder``.
        metric: Such as ``val/mIoU``, ``test/IoU/road`` or ``val/loss``.
        level: Value of the metric to which the runs' ways are timed; None takes one that all groups come to.
        at: Which validation of each run: that of its ``best`` checkpoint, or the ``last``.
        group: Which images belong together, a pattern over their paths, in place of what the runs recorded.
        force: Whether to compare runs of different data or metrics nonetheless.

    Returns:
        The comparison.

    Raises:
        ConfigError: If there is no whole run, a key or the metric is unknown, or the runs are not comparable.

    Example:
        >>> found = segcli.compare("runs/decoders", by="model.decoder")
        >>> found.pairs[0].score.verdict
        'higher'
        >>> found.page("report.html")
    """
    keys = [by] if isinstance(by, str) else list(by)
    with from_python():
        found = compare_runs([Path(each) for each in listed(runs)], keys, metric, level, force, at, group)
        return RunComparison(**{each.name: getattr(found, each.name) for each in fields(found)})

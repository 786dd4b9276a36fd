"""A metric of a run, read from ``metrics.csv`` while it may still be written."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segcli.config.errors import did_you_mean
from segcli.runs.run_folder import METRICS, TIMING
from segcli.runs.stored_files import Row, StoredFileError, read_numbers

VALIDATION = "val/"


@dataclass(frozen=True)
class Objective:
    """What cells are judged by.

    Attributes:
        metric: Column of ``metrics.csv``, such as ``val/mIoU``.
        maximize: Whether more is better.
    """

    metric: str
    maximize: bool

    @property
    def direction(self) -> str:
        """``maximize`` or ``minimize``."""
        return "maximize" if self.maximize else "minimize"

    def best(self, values: Sequence[float]) -> float | None:
        """Return the best of some values; None if no one is a finite number."""
        finite = [value for value in values if math.isfinite(value)]
        return (max if self.maximize else min)(finite, default=None)


def read_values(run: Path, metric: str) -> list[float]:
    """Return a metric of every row that has it, in order; empty while there is none."""
    return [row[metric] for row in _rows(run / METRICS) if metric in row]


def unlogged(run: Path, metric: str) -> str | None:
    """Return what is wrong with a metric that a validated run does not have; None if it may yet come."""
    rows = _rows(run / METRICS)
    columns = list(dict.fromkeys(name for row in rows for name in row if name.startswith(VALIDATION)))
    if not columns or metric in columns or not metric.startswith(VALIDATION):
        return None
    return f"{metric} is not logged{did_you_mean(metric, columns)}; there are {', '.join(columns)}"


def minutes(run: Path) -> float | None:
    """Return how long a run took until its last validation, without interruptions; None if that is not known."""
    rows = _rows(run / TIMING)
    seconds = rows[-1].get("elapsed_s") if rows else None
    return seconds / 60 if seconds else None


def _rows(path: Path) -> list[Row]:
    """Return the whole rows of a table, none of one that cannot be read; the last may be in the making."""
    try:
        return read_numbers(path, is_whole=False)
    except StoredFileError:
        return []

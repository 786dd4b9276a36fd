"""What a run logged over its time: metrics by step, and when it was validated. Torch-free."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from segcli.runs.run_folder import METRICS, TIMING
from segcli.runs.stored_files import Row, read_numbers


class Point(NamedTuple):
    """One validation of a run.

    Attributes:
        epoch: From 1.
        step: Optimizer steps until then.
        train_s: Seconds of training until then, without validation.
        elapsed_s: Seconds since the start, with validation, without interruptions.
        value: Of the metric.
    """

    epoch: int
    step: int
    train_s: float
    elapsed_s: float
    value: float


class LoggedValues:
    """The files of a run that grow as it is trained, each read once; a damaged one is a ``StoredFileError``.

    Args:
        path: The run's folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def rows(self) -> Sequence[Row]:
        """A row per step, with the columns that have a value; ``step`` counts optimizer steps."""
        return read_numbers(self._path / METRICS)

    @cached_property
    def timing(self) -> Sequence[Row]:
        """A row per validation: ``epoch`` from 1, ``step``, ``train_s`` and ``elapsed_s`` since the start."""
        return read_numbers(self._path / TIMING, ("epoch", "step", "train_s", "elapsed_s"))

    @cached_property
    def validations(self) -> Sequence[tuple[Row, Row]]:
        """Time and scores of every row that a validation logged."""
        times = {(int(row["epoch"]), int(row["step"])): row for row in self.timing}
        rows = [row for row in self.rows if "epoch" in row and any(key.startswith("val/") for key in row)]
        places = [(int(row["epoch"]), int(row["step"])) for row in rows]
        # 0.4.0 counted both from 0: what more rows fit is how this run counts
        offset = max((0, 1), key=lambda each: sum((epoch + each, step + each) in times for epoch, step in places))
        moved = [(epoch + offset, step + offset) for epoch, step in places]
        found = [(times.get(place), row) for place, row in zip(moved, rows, strict=True)]
        return [(time, row) for time, row in found if time is not None]

    def curve(self, metric: str) -> Sequence[Point]:
        """Return a metric of every validation, such as ``val/mIoU``; empty if it was never logged."""
        return [
            Point(int(time["epoch"]), int(time["step"]), time["train_s"], time["elapsed_s"], row[metric])
            for time, row in self.validations
            if metric in row
        ]

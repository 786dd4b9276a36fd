"""``metrics.csv``: one row per logged step, whole at every moment, continued where an interrupted run was resumed."""

import csv
import io
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning_fabric.utilities.rank_zero import rank_zero_only
from pytorch_lightning.loggers.logger import Logger
from torch import Tensor

from segcli.disk import write_text
from segcli.runs.run_folder import METRICS
from segcli.runs.stored_files import read_cells

MOST_WAITING_S = 10.0


class MetricsFile(Logger):
    """Write what is logged to ``metrics.csv``, a column per metric and a row per call.

    Lightning's CSVLogger deletes the file of an interrupted run when the run is resumed, and writes the file anew
    whenever a metric appears for the first time.

    Args:
        folder: The run folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / METRICS
        self._waiting: list[dict[str, Any]] = []
        self._columns: list[str] = []
        self._num_written, self._saved_at = 0, time.monotonic()

    @property
    def name(self) -> str:
        """Return nothing: the run folder is named elsewhere."""
        return ""

    @property
    def version(self) -> str:
        """Return nothing: the run folder is numbered elsewhere."""
        return ""

    @property
    def num_rows(self) -> int:
        """Rows that were logged so far."""
        return self._num_written + len(self._waiting)

    def resume_after(self, num_rows: int, counts_from_zero: bool = False) -> None:
        """Keep the first rows of the file, those from before a checkpoint, and append to them.

        Args:
            num_rows: How many.
            counts_from_zero: Whether 0.4.0 wrote them, which counted validations' epochs and steps from 0.
        """
        rows = _read(self.path)[:num_rows]
        if counts_from_zero:
            rows = [{**row, **from_one(row)} if row.get("epoch") else row for row in rows]
        self._columns = sorted({key for row in rows for key in row})
        self._waiting, self._num_written = [], len(rows)
        if self.path.is_file():
            write_text(self.path, _table(self._columns, rows))

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Keep a row for the next :meth:`save`, which is due after some seconds."""
        values = {key: value.item() if isinstance(value, Tensor) else value for key, value in metrics.items()}
        self._waiting.append({**values, "step": self.num_rows if step is None else step})
        if time.monotonic() - self._saved_at > MOST_WAITING_S:
            self.save()

    @rank_zero_only
    def log_hyperparams(self, params: object) -> None:
        """Do nothing: ``config.yaml`` has them."""

    @rank_zero_only
    def save(self) -> None:
        """Write the rows that wait."""
        if not self._waiting:
            return
        columns = sorted({*self._columns, *(key for row in self._waiting for key in row)})
        if columns == self._columns and self.path.is_file():
            with self.path.open("a", encoding="utf-8", newline="") as file:
                file.write(_table(columns, self._waiting, header=False))
        else:
            write_text(self.path, _table(columns, [*_read(self.path)[: self._num_written], *self._waiting]))
        self._columns, self._saved_at = columns, time.monotonic()
        self._num_written, self._waiting = self.num_rows, []

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Write what is left, however the run ended."""
        self.save()


def from_one(row: Mapping[str, Any]) -> dict[str, int]:
    """Return epoch and step of a validation that 0.4.0 wrote, as they are counted since: from 1."""
    return {name: int(float(row[name])) + 1 for name in ("epoch", "step")}


def _read(path: Path) -> list[dict[str, Any]]:
    """Return the whole rows of the file; a kill may have cut the last one short."""
    if not path.is_file():
        return []
    return [*read_cells(path, is_whole=False)]


def _table(columns: list[str], rows: list[dict[str, Any]], header: bool = True) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=columns, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()

"""Progress of reading all data before the first epoch: a bar on a terminal, a line now and then in a log file."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import Progress

from segcli.config.output import say

LINE_S = 30.0
"""Seconds between two lines in a log file."""


class DataProgress:
    """Count samples that were read, by any thread.

    Args:
        total: Their number.
        what: What is done with them.
        unit: What they are.
    """

    def __init__(self, total: int, what: str, unit: str = "images") -> None:
        self._total, self._what, self._done, self._told = total, what, 0, time.monotonic()
        self._unit = unit
        self._is_terminal = sys.stderr.isatty()
        self._bar = Progress(console=Console(stderr=True), transient=True, disable=not self._is_terminal)
        self._task = self._bar.add_task(what, total=total)

    def __enter__(self) -> "DataProgress":
        """Begin to count."""
        self._bar.start()
        return self

    def advance(self, count: int = 1) -> None:
        """Count one more, or several."""
        self._bar.advance(self._task, count)
        self._done += count
        if not self._is_terminal and time.monotonic() - self._told > LINE_S:
            self._told = time.monotonic()
            say(f"{self._what}: {self._done} of {self._total} {self._unit}", file=sys.stderr)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._bar.stop()

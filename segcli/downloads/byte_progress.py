"""Progress of a download: a bar on a terminal, a line now and then in a log file."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from segcli.config.output import say
from segcli.downloads.data_set import shown_bytes

LINE_S = 30.0
"""Seconds between two lines in a log file."""


class ByteProgress:
    """Show how much of a file is there.

    Args:
        name: Of the file.
    """

    def __init__(self, name: str) -> None:
        self._name, self._told = name, time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        console = Console(stderr=True)
        self._bar = Progress(
            *columns, TimeRemainingColumn(), console=console, transient=True, disable=not self._is_terminal
        )
        self._task = self._bar.add_task(name, total=None)

    def __enter__(self) -> "ByteProgress":
        """Begin to show it."""
        self._bar.start()
        return self

    def show(self, done: int, total: int | None) -> None:
        """Take down where it is.

        Args:
            done: Bytes that are there.
            total: Bytes of the whole; None if the server does not say.
        """
        self._bar.update(self._task, completed=done, total=total)
        if not self._is_terminal and time.monotonic() - self._told > LINE_S:
            self._told = time.monotonic()
            of = "" if total is None else f" of {shown_bytes(total)}"
            say(f"{self._name}: {shown_bytes(done)}{of}", file=sys.stderr)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._bar.stop()

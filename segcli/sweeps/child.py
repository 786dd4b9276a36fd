"""A run in a process of its own."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segcli.program import PROGRAM
from segcli.runs.stop_signals import StopSignals
from segcli.sweeps.cell_lock import CellLock

POLL_S = 0.2
MOST_ERROR_LINES = 6
_ERROR = "error:"

Watch = Callable[[], bool]
"""Called several times a second while a run is at work; true asks the run to stop."""


@dataclass(frozen=True)
class Launch:
    """A run to be started.

    Attributes:
        words: The command line after ``segcli``.
        log: File that its output is appended to.
        lock: Of its cell.
    """

    words: list[str]
    log: Path
    lock: CellLock


Runner = Callable[[Launch, Watch], int]
"""Starts a run, waits for its end, and returns its exit code; below 0 the number of the signal that ended it."""


class ChildRunner:
    """Start runs, and pass on the signals that ask the sweep to stop.

    A run has a session of its own, since Ctrl-C on a terminal reaches every process of the foreground, and a run that
    gets it twice leaves without writing its state.

    Args:
        stop: What the sweep has received.
    """

    def __init__(self, stop: StopSignals) -> None:
        self._stop = stop

    def __call__(self, launch: Launch, watch: Watch) -> int:
        """Run one command line to its end."""
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        with launch.log.open("ab") as log:
            log.write(f"$ {PROGRAM} {shlex.join(launch.words)}\n".encode())
            log.flush()
            child = subprocess.Popen(
                [sys.executable, "-m", "segcli", *launch.words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=launch.lock.inherited,
            )
        launch.lock.name_process(child.pid)
        try:
            return self._wait(child, watch)
        except KeyboardInterrupt:  # the second Ctrl-C
            _kill_session(child)
            return child.wait()
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()

    def _wait(self, child: "subprocess.Popen[bytes]", watch: Watch) -> int:
        is_asked = False
        while True:
            try:
                return child.wait(POLL_S)
            except subprocess.TimeoutExpired:
                pass
            if is_asked:
                continue
            if self._stop.received is not None:
                child.send_signal(self._stop.received)
                is_asked = True
            elif watch():
                child.terminate()
                is_asked = True


def error_lines(log: Path, start: int, code: int) -> str:
    """Return what a run that failed said last.

    Args:
        log: Its output.
        start: Bytes of the log from before it was started.
        code: Its exit code.
    """
    with log.open("rb") as file:
        file.seek(start)
        lines = [line.rstrip() for line in file.read().decode(errors="replace").splitlines()]
    said = [line for line in lines if line.strip() and not line.startswith("$ ")]
    first = next((index for index, line in enumerate(said) if line.startswith(_ERROR)), None)
    if first is not None:
        return "\n".join(said[first : first + MOST_ERROR_LINES])
    if code < 0:
        return f"ended by {signal.Signals(-code).name}" + (" (out of memory?)" if -code == signal.SIGKILL else "")
    return said[-1] if said else f"ended with exit code {code}"


def _kill_session(child: "subprocess.Popen[bytes]") -> None:
    """End a run at once, and the processes that it started."""
    if hasattr(os, "killpg") and child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()

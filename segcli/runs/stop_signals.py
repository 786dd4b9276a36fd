"""Signals that ask a run to stop: noticed at once, obeyed where the run can be continued from."""

import os
import signal
import threading
from types import FrameType
from typing import Any

REQUEUE_SIGNAL = getattr(signal, "SIGUSR1", None)  # Windows has none
"""What ``#SBATCH --signal=USR1@90`` sends before the time limit; Lightning listens to the same."""


class StopSignals:
    """Remember that Ctrl-C, SIGTERM or, in a SLURM job, SIGUSR1 came; a second Ctrl-C interrupts at once.

    Attributes:
        received: The first of them, or None.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def listen(self) -> None:
        """Take the signals over from whoever handles them now; only the main thread can."""
        if self._before or threading.current_thread() is not threading.main_thread():
            return
        wanted = [signal.SIGINT, signal.SIGTERM, *([REQUEUE_SIGNAL] if REQUEUE_SIGNAL and in_slurm_job() else [])]
        self._before = {number: signal.signal(number, self._remember) for number in wanted}

    def release(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _remember(self, number: int, _: FrameType | None) -> None:
        if self.received == signal.SIGINT == number:
            raise KeyboardInterrupt
        self.received = self.received or signal.Signals(number)


def in_slurm_job() -> bool:
    """Return whether this is a batch job of SLURM; in an interactive one nothing is to be queued again."""
    return "SLURM_JOB_ID" in os.environ and os.environ.get("SLURM_JOB_NAME") not in ("bash", "interactive")


def slurm_job() -> str | None:
    """Return the job's id as ``scontrol`` takes it, that of an array included; None outside of SLURM."""
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    return f"{array}_{task}" if array and task else os.environ.get("SLURM_JOB_ID")

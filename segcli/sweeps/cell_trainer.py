"""Bring one cell to its end: recognise its run, resume it, or begin one."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segcli.runs.run_folder import RunFolder
from segcli.runs.stored_passport import FINISHED, passport_of
from segcli.sweeps.cell import Cell
from segcli.sweeps.cell_lock import CellLock
from segcli.sweeps.child import Launch, Runner, error_lines
from segcli.sweeps.curve import Objective, minutes, read_values
from segcli.sweeps.grid import Settings
from segcli.sweeps.known_runs import KnownRuns, Marks, differing_keys

FAILED, INTERRUPTED, AT_WORK, DIFFERS = "failed", "interrupted", "at work elsewhere", "differs"
FOLLOW_S = 1.0
STOPS = (signal.SIGINT, signal.SIGTERM)
"""Signals that end a run at once while it does not train, before its first batch and after its last."""
MOST_KEYS = 4

Say = Callable[[str], None]
Follow = Callable[[Path], bool]
"""Called about once a second with the run folder of what is trained; true asks it to stop."""


@dataclass(frozen=True)
class Outcome:
    """What became of a cell.

    Attributes:
        settings: What the cell sets.
        state: ``finished``, ``failed``, ``interrupted``, ``at work elsewhere``, or ``differs`` where the run is of
            another experiment than was composed.
        run: Its run folder, where there is one.
        value: The best value of the metric.
        minutes: Time of training and validation.
        note: What else is to be told.
        was_known: Whether the run was finished before the sweep came to it.
    """

    settings: Settings
    state: str
    run: Path | None = None
    value: float | None = None
    minutes: float | None = None
    note: str = ""
    was_known: bool = False


class CellTrainer:
    """Train cells, each in a process of its own.

    Args:
        runner: Runs a command line.
        objective: What the cells are judged by; None if nothing is monitored.
        say: Tells the user a line.
    """

    def __init__(self, runner: Runner, objective: Objective | None, say: Say) -> None:
        self._runner, self._objective, self._say = runner, objective, say
        self._known: dict[Path, KnownRuns] = {}

    def train(self, cell: Cell, follow: Follow | None = None, lock: CellLock | None = None) -> Outcome:
        """Bring a cell to its end, unless another process is at work on it.

        Args:
            cell: It; its frozen experiment was written.
            follow: Looks at the run while it is trained.
            lock: The cell's, where it is held already; it is released.

        Raises:
            ConfigError: If the cell's files cannot be written.
        """
        lock = lock or CellLock(cell.file(".lock"))
        try:
            if not lock.is_held and not lock.acquire():
                return Outcome(cell.settings, AT_WORK, note=lock.holder())
            return self._train(cell, lock, follow)
        finally:
            lock.release()

    def is_at_work(self, cell: Cell) -> bool:
        """Return whether another process is at work on a cell."""
        lock = CellLock(cell.file(".lock"))
        if not lock.acquire():
            return True
        lock.release()
        return any(not _is_free(run) for run in self.runs(cell).unfinished(cell.hash))

    def finished(self, cell: Cell) -> Outcome | None:
        """Return what became of a cell whose run is finished already."""
        run = self.runs(cell).finished(cell.hash)
        if run is None:
            return None
        return Outcome(cell.settings, FINISHED, run.path, self._value(run.path), minutes(run.path), was_known=True)

    def to_resume(self, cell: Cell) -> RunFolder | None:
        """Return the newest unfinished run of a cell that has a checkpoint."""
        return next((run for run in self.runs(cell).unfinished(cell.hash) if run.last_checkpoint.is_file()), None)

    def runs(self, cell: Cell) -> KnownRuns:
        """Return the runs beside a cell's."""
        return self._known.setdefault(cell.parent, KnownRuns(cell.parent))

    def _train(self, cell: Cell, lock: CellLock, follow: Follow | None) -> Outcome:
        done = self.finished(cell)
        if done is not None:
            return done
        for run in self.runs(cell).unfinished(cell.hash):
            if not _is_free(run):
                return Outcome(cell.settings, AT_WORK, run.path)
        resumed = self.to_resume(cell)
        if resumed is not None:
            self._say(f"resuming {resumed.path}")
            words = ["fit", "--ckpt_path", str(resumed.last_checkpoint)]
        else:
            words = self._beginning(cell)
        return self._launch(Launch(words, cell.file(".log"), lock), cell, follow)

    def _beginning(self, cell: Cell) -> list[str]:
        words, is_frozen = cell.words()
        if is_frozen:
            self._say(f"the experiment's files have changed; running it as it was: {cell.file('.yaml')}")
        return words

    def _launch(self, launch: Launch, cell: Cell, follow: Follow | None) -> Outcome:
        before = self.runs(cell).marks()
        read = launch.log.stat().st_size if launch.log.is_file() else 0
        watch = _Watch(self.runs(cell), launch.words, before, follow)
        self._say(f"output in {launch.log}")
        began = time.monotonic()
        code = self._runner(launch, watch)
        run = watch.run()
        spent = (time.monotonic() - began) / 60
        if run is None:
            return Outcome(cell.settings, FAILED, minutes=spent, note=error_lines(launch.log, read, code))
        known = self.runs(cell)
        status, note = str(passport_of(run).get("status")), ""
        if status == FINISHED and code == 0 and known.hash_of(run) != cell.hash:
            keys = differing_keys(run, dict(cell.identity))
            shown = ", ".join(keys[:MOST_KEYS]) + (f" and {len(keys) - MOST_KEYS} more" * (len(keys) > MOST_KEYS))
            status, note = DIFFERS, f"another experiment than was composed was run; what differs: {shown}"
        elif code != 0 and status != INTERRUPTED:
            status = INTERRUPTED if -code in STOPS else FAILED
            note = error_lines(launch.log, read, code)
        return Outcome(cell.settings, status, run.path, self._value(run.path), minutes(run.path) or spent, note)

    def _value(self, run: Path) -> float | None:
        return self._objective.best(read_values(run, self._objective.metric)) if self._objective is not None else None


def _is_free(run: RunFolder) -> bool:
    if not run.acquire():
        return False
    run.release()
    return True


class _Watch:
    """Find the run that a process has begun, and have it looked at."""

    def __init__(self, known: KnownRuns, words: list[str], before: Marks, follow: Follow | None) -> None:
        self._known, self._words, self._before, self._follow = known, words, before, follow
        self._looked_at = time.monotonic()
        self._run: RunFolder | None = None

    def __call__(self) -> bool:
        """Look, if it is time."""
        if self._follow is None or time.monotonic() - self._looked_at < FOLLOW_S:
            return False
        self._looked_at = time.monotonic()
        run = self.run()
        return run is not None and self._follow(run.path)

    def run(self) -> RunFolder | None:
        """Return the run, once it has begun."""
        if self._run is None:
            self._run = self._known.begun(self._words, self._before)
        return self._run

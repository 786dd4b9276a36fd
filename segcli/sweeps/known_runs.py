"""The runs below an experiment's folder, by the hash of what they train."""

import contextlib
from pathlib import Path
from typing import Any

from segcli.runs.identity import config_hash, identity
from segcli.runs.identity import differing_keys as keys_that_differ
from segcli.runs.run_folder import PASSPORT, RunFolder
from segcli.runs.stored_files import StoredFileError, read_config
from segcli.runs.stored_passport import FINISHED, passport_of

Marks = dict[Path, int]


class KnownRuns:
    """Find the runs of a cell.

    Args:
        parent: Folder of the experiment's runs.
    """

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._hashes: dict[Path, tuple[int, str]] = {}

    def finished(self, hash_: str) -> RunFolder | None:
        """Return the newest finished run of a hash."""
        return next((run for run in self._of(hash_) if passport_of(run).get("status") == FINISHED), None)

    def unfinished(self, hash_: str) -> list[RunFolder]:
        """Return the runs of a hash that did not reach their end, the newest first."""
        return [run for run in self._of(hash_) if passport_of(run).get("status") != FINISHED]

    def hash_of(self, run: RunFolder) -> str:
        """Return the hash of a run's resolved experiment; empty if that cannot be read."""
        try:
            changed = run.config.stat().st_mtime_ns
        except OSError:
            return ""
        passport = passport_of(run)
        if not passport or passport.get("loaded"):  # damaged; or from another run's state, another experiment
            return ""
        known = self._hashes.get(run.path)
        if known is None or known[0] != changed:
            known = self._hashes[run.path] = changed, _hash(run.config)
        return known[1]

    def marks(self) -> Marks:
        """Return when each passport was last written, to see later which run has begun or was resumed."""
        found: Marks = {}
        for run in self._runs():
            with contextlib.suppress(OSError):
                found[run.path] = (run.path / PASSPORT).stat().st_mtime_ns
        return found

    def begun(self, words: list[str], before: Marks) -> RunFolder | None:
        """Return the run that a command line has begun or resumed.

        Args:
            words: The command line after ``segcli``.
            before: :meth:`marks` from before it was called.
        """
        now = self.marks()
        for run in self._runs():
            if now.get(run.path) != before.get(run.path) and _last_command(run) == ["segcli", *words]:
                return run
        return None

    def _of(self, hash_: str) -> list[RunFolder]:
        return [run for run in self._runs() if self.hash_of(run) == hash_]

    def _runs(self) -> list[RunFolder]:
        """Return all runs, the newest first."""
        children = self._parent.iterdir() if self._parent.is_dir() else ()
        numbers = sorted((int(child.name) for child in children if child.name.isdecimal()), reverse=True)
        return [RunFolder(self._parent / str(n)) for n in numbers if (self._parent / str(n) / PASSPORT).is_file()]


def differing_keys(run: RunFolder, expected: dict[str, Any]) -> list[str]:
    """Return the keys in which a run's experiment differs from what was to be run."""
    return keys_that_differ(expected, identity(_config(run.config)))


def _hash(path: Path) -> str:
    config = _config(path)
    return config_hash(config) if config else ""


def _config(path: Path) -> dict[str, Any]:
    try:
        return read_config(path)
    except StoredFileError:
        return {}


def _last_command(run: RunFolder) -> object:
    passport = passport_of(run)
    return [passport, *(passport.get("continued") or ())][-1].get("command")

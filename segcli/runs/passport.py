"""The record of a run: who started it, how, with what, and how it ended. Torch-free."""

import datetime
import hashlib
import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import segcli
from segcli.runs.run_folder import PACKAGES_FILE, PASSPORT, PATCH, RunFolder, write_bytes, write_text
from segcli.runs.stop_signals import slurm_job
from segcli.runs.surroundings import (
    MOST_PATCH_BYTES,
    git_state,
    hardware,
    installed_packages,
    source_chain,
    uncommitted,
    versions,
)

FINISHED = "finished"
SCHEMA = 2
"""Version of what a run folder records; 1 had no images, times and fingerprints."""


class Passport:
    """Write ``passport.json``, at the start and again whenever something is learned.

    Beside it lie ``packages.txt``, all installed packages, and ``uncommitted.patch``, which turns the commit into the
    code that ran, where these differ.

    Args:
        folder: The run folder.
        command: The command line, as words.
        seed: Seed of the run.
        files: Experiment files that were composed.
        entries: What else is known at the start.
    """

    def __init__(
        self,
        folder: RunFolder,
        command: list[str],
        seed: int | bool | None,
        files: Sequence[Path],
        **entries: object,
    ) -> None:
        self._path = folder.path / PASSPORT
        self._record: dict[str, Any] = {
            "schema": SCHEMA,
            "status": "starting",
            **_circumstances(folder, command, files),
            **entries,
            "seed": seed,
            "started": _now(),
            "ended": None,
        }
        self._write()

    @classmethod
    def go_on(cls, folder: RunFolder, command: list[str], files: Sequence[Path], **where: object) -> "Passport":
        """Go on with the passport of an interrupted run, and note under ``continued`` that and how.

        Nothing is written before the first :meth:`update`: if nothing comes of it, the run stays as it was.

        Args:
            folder: Its run folder, with a passport.
            command: The command line that goes on with it, as words.
            files: Experiment files that were composed.
            where: At which epoch and step, and what was changed.
        """
        passport = cls.__new__(cls)
        passport._path = folder.path / PASSPORT
        record = passport._record = passport_of(folder)
        since = {key: record.get(key) for key in ("status", "ended")}
        circumstances = _circumstances(folder, command, files, is_new=False)
        entry = {"at": _now(), "found": since, **where, **circumstances}
        record["continued"] = [*record.get("continued", []), entry]
        record |= {"status": "starting", "ended": None, "slurm_job": circumstances["slurm_job"]}
        return passport

    @property
    def status(self) -> str:
        """``starting``, ``running``, ``finished``, ``interrupted`` or ``failed``."""
        return str(self._record["status"])

    def get(self, key: str) -> Any:  # noqa: ANN401  (whatever was recorded)
        """Return an entry; None if there is none."""
        return self._record.get(key)

    def add(self, **entries: object) -> None:
        """Record what was learned; it is written with the next :meth:`update`, or at once while the run is running."""
        self._record.update(entries)
        if self.status != "starting":
            self._write()

    def update(self, status: str, **entries: object) -> None:
        """Record a new status, and with it when it ended if it did."""
        self._record.update(status=status, **entries)
        if status not in ("starting", "running"):
            self._record["ended"] = _now()
        self._write()

    def _write(self) -> None:
        write_text(self._path, json.dumps(self._record, indent=2, default=str) + "\n")


def _circumstances(folder: RunFolder, command: list[str], files: Sequence[Path], is_new: bool = True) -> dict[str, Any]:
    """Return what may differ between two starts of one run; of the first, write what is too long for the passport."""
    state, patch = git_state(Path.cwd()), uncommitted(Path.cwd(), runs=folder.path.parent.parent)
    if state is not None:
        state["patch_sha256"] = (
            hashlib.sha256(patch.encode(errors="surrogateescape")).hexdigest()[:16] if patch else None
        )
    if is_new:
        write_text(folder.path / PACKAGES_FILE, installed_packages())
    if is_new and patch and len(patch) <= MOST_PATCH_BYTES:
        write_bytes(folder.path / PATCH, patch.encode(errors="surrogateescape"))
    return {
        "command": command,
        "files": [str(file) for file in files],
        "sources": source_chain(files),
        "segcli": segcli.__version__,
        "versions": versions(),
        "git": state,
        "platform": platform.platform(),
        "hardware": hardware(),
        "slurm_job": slurm_job(),
    }


def passport_of(folder: RunFolder) -> dict[str, Any]:
    """Return the passport of a run; empty if there is none that can be read."""
    try:
        record = json.loads((folder.path / PASSPORT).read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")

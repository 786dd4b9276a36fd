"""The record of a run: who started it, how, with what, and how it ended. Torch-free."""

import datetime
import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import segcli
from segcli.disk import write_bytes, write_text
from segcli.runs.file_hashes import DIGEST, digest, hashes_of
from segcli.runs.run_folder import COMPOSED, CONFIG, PACKAGES_FILE, PASSPORT, PATCH, RunFolder
from segcli.runs.stop_signals import slurm_job
from segcli.runs.stored_passport import SCHEMA, read_passport
from segcli.runs.surroundings import (
    MOST_PATCH_BYTES,
    git_state,
    hardware,
    installed_packages,
    source_chain,
    uncommitted,
    versions,
)

ENDS = ("finished", "interrupted", "failed")
"""What a run may come to; with it, every file of the run is hashed."""
FINAL = (CONFIG, COMPOSED, PACKAGES_FILE, PATCH)
"""Files that do not change when a run is resumed."""


class Passport:
    """Write ``passport.json``, at the start and again whenever something is learned.

    Beside it lie ``packages.txt``, all installed packages, and ``uncommitted.patch``, which turns the commit into the
    code that ran, where these differ. ``stored`` holds a hash of every file in the folder, ``digest`` one of all other
    entries: of those that are final from the start, and at the end of all.

    Args:
        folder: The run folder; one that is only reserved appears with these records in it.
        command: The command line, as words.
        seed: Seed of the run.
        files: Experiment files that were composed.
        texts: Further files that are final from the start, by name.
        entries: What else is known at the start.

    Raises:
        RunFolderError: If the folder cannot be made.
    """

    _before: dict[str, Any]

    def __init__(
        self,
        folder: RunFolder,
        command: list[str],
        seed: int | bool | None,
        files: Sequence[Path],
        texts: Mapping[str, str] | None = None,
        **entries: object,
    ) -> None:
        self._folder = folder
        circumstances, patch = _circumstances(folder, command, files)
        packages = installed_packages()
        self._record: dict[str, Any] = {
            "schema": SCHEMA,
            "status": "starting",
            **circumstances,
            **entries,
            "seed": seed,
            "started": _now(),
            "ended": None,
        }
        with folder.appearing():
            for name, text in {**(texts or {}), PACKAGES_FILE: packages}.items():
                write_text(folder.path / name, text)
            if patch and len(patch) <= MOST_PATCH_BYTES:
                write_bytes(folder.path / PATCH, patch)
            self._record["stored"] = hashes_of(folder.path)
            self._write()

    @classmethod
    def resume(cls, folder: RunFolder, command: list[str], files: Sequence[Path], **where: object) -> "Passport":
        """Resume with the passport of an interrupted run, and note under ``continued`` that and how.

        Nothing is written before :meth:`reopen`.

        Args:
            folder: Its run folder, with a passport.
            command: The command line that resumes it, as words.
            files: Experiment files that were composed.
            where: At which ``epoch``, from 1, and after which ``global_step`` (0 without a checkpoint); what changed.

        Raises:
            StoredFileError: If its passport cannot be read.
        """
        passport = cls.__new__(cls)
        passport._folder = folder
        before = passport._before = read_passport(folder.path, trust=False)
        since = {key: before.get(key) for key in ("status", "ended")}
        circumstances, _ = _circumstances(folder, command, files)
        entry = {"at": _now(), "found": since, **where, **circumstances}
        passport._record = {**before, "schema": SCHEMA, "continued": [*(before.get("continued") or []), entry]}
        passport._record |= {"status": "starting", "ended": None, "slurm_job": circumstances["slurm_job"]}
        return passport

    def reopen(self) -> None:
        """Say that the files of the resumed run are about to change; only its experiment is final."""
        self._record["stored"] = {name: found for name, found in hashes_of(self._folder.path).items() if name in FINAL}
        self._write()

    def restore(self) -> None:
        """Take back that the run is resumed: nothing came of it. What was cut back to the checkpoint stays so."""
        self._record = dict(self._before)
        if "stored" in self._record:
            self._record["stored"] = hashes_of(self._folder.path)
        self._write()

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
        if status in ENDS:
            self._record |= {"ended": _now(), "stored": hashes_of(self._folder.path)}
        self._write()

    def _write(self) -> None:
        if self._record["schema"] == SCHEMA:
            self._record[DIGEST] = digest(self._record)
        write_text(self._folder.path / PASSPORT, json.dumps(self._record, indent=2, default=str) + "\n")


def _circumstances(folder: RunFolder, command: list[str], files: Sequence[Path]) -> tuple[dict[str, Any], bytes]:
    """Return what may differ between two starts of one run, and the patch that turns the commit into the code."""
    state, text = git_state(Path.cwd()), uncommitted(Path.cwd(), runs=folder.runs)
    patch = (text or "").encode(errors="surrogateescape")
    if state is not None:
        state["patch_sha256"] = hashlib.sha256(patch).hexdigest()[:16] if patch else None
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
    }, patch


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")

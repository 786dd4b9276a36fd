"""The record of a run: who started it, how, with what, and how it ended."""

import datetime
import json
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import segcli
from segcli.runs.run_folder import PASSPORT, RunFolder, write_text
from segcli.runs.stop_signals import slurm_job

PACKAGES = (
    "torch",
    "torchvision",
    "pytorch-lightning",
    "jsonargparse",
    "albumentations",
    "timm",
    "omegaconf",
    "numpy",
    "pillow",
)


FINISHED = "finished"
SCHEMA = 2
"""Version of what a run folder records; 1 had no images, times and fingerprints."""


class Passport:
    """Write ``passport.json``, at the start and again at the end.

    Args:
        folder: The run folder.
        command: The command line, as words.
        seed: Seed of the run.
        files: Experiment files that were composed.
    """

    def __init__(self, folder: RunFolder, command: list[str], seed: int | bool | None, files: list[Path]) -> None:
        self._path = folder.path / PASSPORT
        self._record: dict[str, Any] = {
            "status": "starting",
            **_circumstances(command, files),
            "seed": seed,
            "started": _now(),
            "ended": None,
        }
        self._write()

    @classmethod
    def go_on(cls, folder: RunFolder, command: list[str], files: list[Path], **where: object) -> "Passport":
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
        circumstances = _circumstances(command, files)
        entry = {"at": _now(), "found": since, **where, **circumstances}
        record["continued"] = [*record.get("continued", []), entry]
        record |= {"status": "starting", "ended": None, "slurm_job": circumstances["slurm_job"]}
        return passport

    @property
    def status(self) -> str:
        """``starting``, ``running``, ``finished``, ``interrupted`` or ``failed``."""
        return str(self._record["status"])

    def update(self, status: str, **entries: object) -> None:
        """Record a new status, and with it when it ended if it did."""
        self._record.update(status=status, **entries)
        if status not in ("starting", "running"):
            self._record["ended"] = _now()
        self._write()

    def _write(self) -> None:
        write_text(self._path, json.dumps(self._record, indent=2, default=str) + "\n")


def _circumstances(command: list[str], files: list[Path]) -> dict[str, Any]:
    """Return what may differ between two starts of one run."""
    return {
        "command": command,
        "files": [str(file) for file in files],
        "segcli": segcli.__version__,
        "versions": {"python": platform.python_version(), **_versions()},
        "git": git_state(Path.cwd()),
        "platform": platform.platform(),
        "slurm_job": slurm_job(),
    }


def passport_of(folder: RunFolder) -> dict[str, Any]:
    """Return the passport of a run; empty if there is none that can be read."""
    try:
        record = json.loads((folder.path / PASSPORT).read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return commit, branch and changed files of the repository around ``folder``; None outside of one."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git(folder, "status", "--porcelain") or ""
    return {
        "commit": commit,
        "branch": _git(folder, "rev-parse", "--abbrev-ref", "HEAD"),
        "changed": [line[3:] for line in changed.splitlines()],
    }


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.rstrip("\n")


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")

"""Which run to resume, and with what settings."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segcli.config.canonical import leaves
from segcli.config.environment import identified
from segcli.config.keys import meaning_of
from segcli.config.render import same
from segcli.runs.identity import differing_keys, identity
from segcli.runs.run_folder import PASSPORT, RunFolder
from segcli.runs.stop_signals import slurm_job
from segcli.runs.stored_passport import FINISHED, passport_of


def unfinished(parent: Path) -> list[RunFolder]:
    """Return the runs below an experiment's folder that did not reach their end, the newest first.

    One whose passport cannot be read may be finished, so it is none of them.
    """
    children = sorted((int(child.name), child) for child in _children(parent) if child.name.isdecimal())
    runs = [RunFolder(child) for _, child in reversed(children) if (child / PASSPORT).is_file()]
    return [run for run in runs if passport_of(run).get("status", FINISHED) != FINISHED]


def of_this_job(parent: Path, command: list[str]) -> RunFolder | None:
    """Return the run that a SLURM job began before it was put back into the queue, if this is such a job.

    Args:
        parent: The experiment's folder.
        command: Command line that began it; a job may train an experiment several times.
    """
    if int(os.environ.get("SLURM_RESTART_COUNT", "0")) == 0:
        return None
    passports = ((run, passport_of(run)) for run in unfinished(parent))
    return next((r for r, p in passports if (p.get("slurm_job"), p.get("command")) == (slurm_job(), command)), None)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the plain dotted keys whose values differ, with both."""
    old, new = dict(leaves(identified(before))), dict(leaves(identified(after)))
    counting = differing_keys(identity(before), identity(after))
    pairs = {key: (old.get(key), new.get(key)) for key in (*old, *new)}
    return {key: pair for key, pair in pairs.items() if not same(*pair) or (key in counting and None not in pair)}


def another_experiment(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the plain dotted keys that may not differ when a run is resumed, but do."""
    return [key for key in differing_keys(identity(before), identity(after)) if not meaning_of(key).free]


def _children(parent: Path) -> list[Path]:
    return list(parent.iterdir()) if parent.is_dir() else []

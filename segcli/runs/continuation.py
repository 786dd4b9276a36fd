"""Which run to go on with, and with what settings."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segcli.runs.identity import leaves
from segcli.runs.passport import FINISHED, passport_of
from segcli.runs.run_folder import PASSPORT, RunFolder
from segcli.runs.stop_signals import slurm_job

FREE = (
    "last_checkpoint",
    "pictures",
    "run",
    "data.num_workers",
    "data.root",
    "trainer.accelerator",
    "trainer.barebones",
    "trainer.enable_checkpointing",
    "trainer.enable_model_summary",
    "trainer.enable_progress_bar",
    "trainer.log_every_n_steps",
    "trainer.logger",
    "trainer.max_epochs",
    "trainer.max_steps",
    "trainer.max_time",
    "trainer.min_epochs",
    "trainer.min_steps",
    "trainer.profiler",
    "trainer.strategy",
)
"""Keys, and those below them, that may change on the way: how long and where, not what is trained."""


def unfinished(parent: Path) -> list[RunFolder]:
    """Return the runs below an experiment's folder that did not reach their end, the newest first."""
    children = sorted((int(child.name), child) for child in _children(parent) if child.name.isdigit())
    runs = [RunFolder(child) for _, child in reversed(children) if (child / PASSPORT).is_file()]
    return [run for run in runs if passport_of(run).get("status") != FINISHED]


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
    """Return the dotted keys whose values differ, with both."""
    old, new = dict(leaves(before)), dict(leaves(after))
    keys = dict.fromkeys((*old, *new))
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def is_free(key: str) -> bool:
    """Return whether a key may change while a run is interrupted."""
    plain = key.replace(".init_args", "")
    return any(plain == free or plain.startswith(f"{free}.") for free in FREE)


def _children(parent: Path) -> list[Path]:
    return list(parent.iterdir()) if parent.is_dir() else []

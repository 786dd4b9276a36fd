"""What the keys of an experiment mean: to ``diff``, to the identity of a run, and to a run that is resumed.

The one table that ``diff``, ``compare``, ``record``, the ledger, sweeps and resuming read. A new key has the meaning of
the longest row above it, which for an argument of ``model``, ``data`` or ``trainer`` is: another value is another
experiment, ``diff`` shows it, and a run cannot be resumed with it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import PurePath
from typing import Literal

from segcli.config.component import flat_key, is_of_class

Group = Literal["architecture", "data", "optimisation", "runtime"]
GROUPS: tuple[Group, ...] = ("architecture", "data", "optimisation", "runtime")
SEED = "seed_everything"
"""Tells the runs of one experiment from each other."""
PREDICTIONS = "predictions"
"""In the ``config.yaml`` of a run of ``segcli evaluate``: the name of what predicted."""


@dataclass(frozen=True)
class Meaning:
    """What a key means.

    Attributes:
        group: Heading under which ``diff`` shows it.
        counts: Whether another value can change a result, and so is part of a run's identity and shown by ``diff``.
        free: Whether it may change when a run is resumed. What does not count is free.
        order: What order counts in its value: that of lists, that of lists and of the keys of mappings, or none; that
            is of this key alone, not of those below it.
        last_part: Whether of a path the last part alone counts, see :func:`counted`: the same thing at another place
            is the same.
        is_extra: Whether null, or an empty list, is as if there were no such key.
    """

    group: Group
    counts: bool = True
    free: bool = False
    order: Literal["lists", "lists and keys", "none"] = "lists"
    last_part: bool = False
    is_extra: bool = False


_ARCHITECTURE, _DATA = Meaning("architecture"), Meaning("data", order="lists and keys")
_OPTIMISATION, _RUNTIME = Meaning("optimisation"), Meaning("runtime")
_LENGTH = Meaning("optimisation", free=True)
_MACHINE = Meaning("runtime", free=True)
_RECORDS = Meaning("runtime", counts=False, free=True)

KEYS: Mapping[str, Meaning] = {
    SEED: _OPTIMISATION,
    "data": _DATA,
    "data.cache": replace(_DATA, counts=False, free=True),
    "data.check_masks": replace(_DATA, counts=False, free=True),
    "data.display_channels": replace(_DATA, counts=False, free=True),
    "data.download": replace(_DATA, counts=False, free=True),
    "data.num_workers": replace(_DATA, counts=False, free=True),
    "data.root": replace(_DATA, free=True),  # the passport has the data's fingerprint, and what of it changed
    "model": _RUNTIME,
    "model.backbone": _ARCHITECTURE,
    "model.backbone.normalise": replace(_ARCHITECTURE, is_extra=True),
    "model.backbone.tail_blocks": replace(_ARCHITECTURE, is_extra=True),
    "model.decoder": _ARCHITECTURE,
    "model.auxiliary": replace(_ARCHITECTURE, is_extra=True),
    "model.task": _ARCHITECTURE,
    "model.mean": _ARCHITECTURE,
    "model.std": _ARCHITECTURE,
    "model.value_range": _ARCHITECTURE,
    "model.loss": _OPTIMISATION,
    "model.weights": replace(_OPTIMISATION, is_extra=True),
    "model.extra_loss_weight": replace(_OPTIMISATION, is_extra=True),
    "model.loss_at": replace(_OPTIMISATION, is_extra=True),
    "model.optimizer": _OPTIMISATION,
    "model.schedule": _OPTIMISATION,
    "model.parameter_groups": _OPTIMISATION,
    "model.freezing": _OPTIMISATION,
    "model.metrics": replace(_RUNTIME, order="none", is_extra=True),
    "inference": replace(_RUNTIME, is_extra=True),
    "checkpoint": _OPTIMISATION,
    "trainer": _RUNTIME,
    "trainer.max_epochs": _LENGTH,
    "trainer.min_epochs": _LENGTH,
    "trainer.max_steps": _LENGTH,
    "trainer.min_steps": _LENGTH,
    "trainer.max_time": _LENGTH,
    "trainer.accumulate_grad_batches": _OPTIMISATION,
    "trainer.gradient_clip_val": _OPTIMISATION,
    "trainer.gradient_clip_algorithm": _OPTIMISATION,
    "trainer.limit_train_batches": _OPTIMISATION,
    "trainer.overfit_batches": _OPTIMISATION,
    "trainer.callbacks": replace(_OPTIMISATION, order="none"),
    "trainer.accelerator": _MACHINE,
    "trainer.strategy": _MACHINE,
    "trainer.barebones": _RECORDS,
    "trainer.default_root_dir": _RECORDS,
    "trainer.enable_autolog_hparams": _RECORDS,
    "trainer.enable_checkpointing": _RECORDS,
    "trainer.enable_model_summary": _RECORDS,
    "trainer.enable_progress_bar": _RECORDS,
    "trainer.log_every_n_steps": _RECORDS,
    "trainer.logger": replace(_RECORDS, order="none"),
    "trainer.profiler": _RECORDS,
    "last_checkpoint": _RECORDS,
    "pictures": _RECORDS,
    "predict": _RECORDS,
    "run": _RECORDS,
    "run.store_environment": _RECORDS,
    "defaults": _RECORDS,
}
"""Keys, each for itself and those below it; the longest one that fits counts."""

PATHS = ("root", "weights", "path", "dirpath", "*_dir", "*_path")
"""Names of arguments of any class whose value is a path; see :func:`counted`. The passport has the fingerprint of the
data, and a hash of the weights that a run began with."""

_UNKNOWN = Meaning("runtime")
_WITHIN = re.compile(r"\[[^\]]*\]|: order$")


@cache
def meaning_of(key: str) -> Meaning:
    """Return what a key means.

    Args:
        key: Dotted, in the form of files or of users; elements of a list by class, as ``diff`` names them, or not.
    """
    name = plain(key)
    parts = name.split(".")
    rows = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    row = next((row for row in rows if row in KEYS), None)
    found = KEYS[row] if row is not None else _UNKNOWN
    if found.order == "none" and row != name:
        found = replace(found, order="lists")
    return replace(found, last_part=True) if is_path(name) else found


def is_path(key: str) -> bool:
    """Return whether a key is that of a path, by the last part of its name."""
    return not is_of_class(key) and any(fnmatchcase(key.rpartition(".")[2], pattern) for pattern in PATHS)


def counted(path: str) -> str:
    """Return what counts of a path: its last part, but all of one to a checkpoint, whose name is that of others."""
    return path if is_checkpoint(path) else PurePath(path).name


def is_checkpoint(path: str) -> bool:
    """Return whether a path leads to a checkpoint of a run, by its name."""
    return path.endswith(".ckpt")


def plain(key: str) -> str:
    """Return a key without what leads to arguments and names list elements: ``trainer.callbacks.patience``."""
    return flat_key(_WITHIN.sub("", key))

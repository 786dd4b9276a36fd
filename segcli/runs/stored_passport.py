"""``passport.json`` as it is read: what it may hold, and whether it is as segcli wrote it. Free of torch and NumPy."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segcli.runs.file_hashes import DIGEST, HASHED, digest, is_hashed
from segcli.runs.record_forms import anything, either, flag, listing, mapping, maybe, number, record, text, whole
from segcli.runs.run_folder import PASSPORT, RunFolder
from segcli.runs.stored_files import StoredFileError, read_json

FINISHED = "finished"
VERIFIES = "verifies"
"""Entry of the run that is measured again."""
SCHEMA = HASHED
"""Version of what a run folder records: 1 had no images, times and fingerprints, 2 no hashes of files."""
UNHASHED = 2
"""The oldest version that can be read."""

_seed = maybe(either(flag, whole))
_git = maybe(record({"commit": text}, {"changed": maybe(listing(text)), "patch_sha256": maybe(text)}))
_split = record({"content": text}, {"count": whole, "ids": text})
_data = record({"classes": listing(text), "splits": mapping(_split)})
_circumstances = {
    "command": listing(text),
    "files": listing(text),
    "sources": listing(record({"file": text, "sha256": maybe(text)})),
    "segcli": text,
    "versions": mapping(text),
    "git": _git,
    "platform": text,
    "hardware": mapping(),
    "slurm_job": maybe(text),
}
_score = record(
    {"name": text},
    {
        **dict.fromkeys(("class_name", "title", "class_title", "definition"), text),
        **dict.fromkeys(("higher_is_better", "by_image", "of_sigmoids"), flag),
    },
)
_cost = record(
    {},
    {
        **dict.fromkeys(("parameters", "flops_per_image", "images_per_s", "train_s", "elapsed_s"), maybe(number)),
        "peak_memory_bytes": maybe(number),
        "device": maybe(text),
    },
)
_predictions = record(
    {"folder": text, "split": text, "sha256": text}, {"values": text, "pattern": text, "others": maybe(text)}
)
PASSPORT_FORM = record(
    {},
    {
        "status": text,
        **_circumstances,
        "schema": whole,
        "loaded": maybe(record({"checkpoint": text}, {"sha256": maybe(text)})),
        "started_from": maybe(
            record({"checkpoint": text}, {"sha256": maybe(text), "taken": whole, "new": listing(text)})
        ),
        "experiment": maybe(listing(text)),
        "overrides": maybe(listing(text)),
        "environment_variables": maybe(listing(text)),
        "config_hash": text,
        "experiment_hash": text,
        "seed": _seed,
        "started": maybe(text),
        "ended": maybe(text),
        "data": maybe(_data),
        "weights": maybe(mapping(maybe(text))),
        "metrics": maybe(mapping(anything)),
        "scores": maybe(listing(_score)),
        "cost": maybe(_cost),
        "checkpoints": maybe(mapping(maybe(text))),
        "continued": maybe(listing(record({}, {**_circumstances, "at": text}))),
        "predictions": maybe(_predictions),
        VERIFIES: text,
        "rerun_of": text,
        "stored": mapping(maybe(text)),
        DIGEST: text,
    },
)


def read_passport(folder: Path, trust: bool = True) -> dict[str, Any]:
    """Return the passport of a run.

    Args:
        folder: The run folder.
        trust: Whether to refuse one that was changed after segcli wrote it; see :func:`is_as_written`.

    Raises:
        StoredFileError: If there is none, it is damaged, or was changed.
    """
    found = read_json(folder / PASSPORT, PASSPORT_FORM)
    if trust and not is_as_written(found):
        raise StoredFileError(f"{PASSPORT} was changed after the run wrote it: its {DIGEST} is of other entries")
    return found


def is_as_written(passport: Mapping[str, Any]) -> bool:
    """Return whether no entry of a passport was changed, as far as it tells."""
    return not is_hashed(passport) or passport.get(DIGEST) == digest(passport)


def passport_of(folder: RunFolder) -> dict[str, Any]:
    """Return the passport of a run; empty if there is none that can be read."""
    try:
        return read_passport(folder.path, trust=False)
    except StoredFileError:
        return {}


def require_end(passport: Mapping[str, Any]) -> None:
    """See that a passport is one of a run that reached its end, and that this version understands.

    Raises:
        StoredFileError: If it is not.
    """
    status = passport.get("status")
    if status != FINISHED:
        how = {"starting": "running, or killed", "running": "running, or killed"}.get(str(status), status)
        raise StoredFileError(f"did not finish ({how})")
    if passport.get("schema") not in (UNHASHED, SCHEMA):
        version = passport.get("segcli", "an unknown version")
        raise StoredFileError(f"is of another version of segcli ({version}), whose records differ")
    if not (passport.get("data") or {}).get("classes"):
        raise StoredFileError("its passport does not say what data it was trained on")

"""Hashes of what a run leaves on disk, so that a file that was changed afterwards is noticed. Torch-free.

They find damage and careless edits. Whoever changes a file and all hashes of it is not found by them, but by
``segcli verify``, which measures the checkpoint again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from segcli.runs.run_folder import COMPOSED, CONFIG, METRICS, PACKAGES_FILE, PATCH, PICTURES, SPLITS, TIMING, WORST
from segcli.runs.surroundings import file_hash

STORED = (
    *(CONFIG, COMPOSED, PACKAGES_FILE, PATCH, SPLITS, METRICS, TIMING),
    *("*_scores.json", "*_images.npz", "*_metrics.npz", "hparams.yaml", "schedule.png", "events.out.*"),
    *(f"{PICTURES}/*.png", f"{WORST}/*"),
)
"""Patterns of the files that segcli writes into a run folder; checkpoints and ``passport.json`` are hashed apart, and
what others put there, such as the output of a scheduler, is not."""
TEXT = (".json", ".yaml", ".csv", ".txt", ".patch")
"""Ends of files whose line endings git may have changed on the way."""
DIGEST = "digest"
HASHED = 3
"""The first version of what a run folder records that has hashes."""


def stored_hash(path: Path) -> str | None:
    """Return 16 hexadecimal digits of a file's SHA-256, of text whatever its line endings; None if it is unreadable."""
    if path.suffix not in TEXT:
        return file_hash(path)
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()[:16]


def hashes_of(folder: Path) -> dict[str, str | None]:
    """Return the hash of every file that segcli wrote into a run folder, by its path in it."""
    found = sorted({path for pattern in STORED for path in folder.glob(pattern) if path.is_file()})
    return {path.relative_to(folder).as_posix(): stored_hash(path) for path in found}


def unhashed_note(passports: Sequence[Mapping[str, Any]]) -> str:
    """Return in one line how many of some runs kept no hashes, so that changes go unnoticed; empty if all did."""
    unhashed = [passport for passport in passports if not is_hashed(passport)]
    if not unhashed:
        return ""
    versions = " and ".join(sorted({str(passport.get("segcli")) for passport in unhashed}))
    who = f"{len(unhashed)} of {len(passports)} runs are" if len(passports) > 1 else "the run is"
    return f"{who} of segcli {versions}, which kept no hashes: a changed file would go unnoticed"


def is_hashed(passport: Mapping[str, Any]) -> bool:
    """Return whether a passport tells if files were changed, which those of 0.4.0 and before do not."""
    return DIGEST in passport or passport.get("schema", 0) >= HASHED


def changed_files(folder: Path, passport: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
    """Return those of some files that are there, but are not as they were written; none of a run without hashes.

    Args:
        folder: The run folder.
        passport: Of the run.
        names: Paths to look at, in the folder; one without a recorded hash did not exist when the run ended.
    """
    if not is_hashed(passport):
        return ()
    recorded = passport.get("stored") or {}
    there = [name for name in names if (folder / name).is_file()]
    return tuple(name for name in there if stored_hash(folder / name) != recorded.get(name))


def digest(record: Mapping[str, Any]) -> str:
    """Return 16 hexadecimal digits that are equal for records of equal entries, :data:`DIGEST` itself apart."""
    entries = {key: value for key, value in record.items() if key != DIGEST}
    plain = json.loads(json.dumps(entries, default=str))  # as it will be read
    text = json.dumps(plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

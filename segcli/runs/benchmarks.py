"""The benchmarks of a run's checkpoint, as they are stored: ``<run>/benchmark/<number>/benchmark.json``. Torch-free."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segcli.runs.record_forms import listing, mapping, maybe, number, record, text, whole
from segcli.runs.stored_files import StoredFileError, read_json

FOLDER, FILE = "benchmark", "benchmark.json"
SCHEMA = 1
"""Version of what such a file holds."""
_variant = record(
    {"name": text, "device": text, "images_per_s": number, "speed": record({"value": number}), "file": text},
    {"labels_differing": maybe(number), "peak_memory_bytes": maybe(number), "size_bytes": maybe(number)},
)
_FORM = record(
    {
        "schema": whole,
        "checkpoint_sha256": text,
        "size": listing(whole),
        "batch": whole,
        "threads": whole,
        "hardware": mapping(),
        "variants": listing(_variant),
    },
    {"created": maybe(text)},
)
_KEPT = ("name", "device", "images_per_s", "labels_differing", "peak_memory_bytes", "size_bytes")


def newest_benchmark(run: Path, checkpoint: str | None) -> dict[str, Any] | None:
    """Return what is worth recording of the newest benchmark of a checkpoint.

    Args:
        run: Folder of the run.
        checkpoint: Hash of the checkpoint, as the passport has it; benchmarks of others are passed over.

    Returns:
        Processor, size, batch, threads and the variants; None where there is none that can be read.
    """
    numbers = sorted((int(each.name) for each in (run / FOLDER).glob("*") if each.name.isdecimal()), reverse=True)
    for each in numbers:
        found = _read(run / FOLDER / str(each) / FILE)
        if found is not None and checkpoint is not None and found["checkpoint_sha256"] == checkpoint:
            return _summary(found)
    return None


def _read(path: Path) -> Mapping[str, Any] | None:
    """Return what a file holds; None if it is missing, damaged or of another version."""
    try:
        content = read_json(path, mapping())
        return content if content.get("schema") == SCHEMA and not _FORM(content, "") else None
    except StoredFileError:
        return None


def _summary(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "created": found.get("created"),
        "processor": found["hardware"].get("processor"),
        "size": list(found["size"]),
        "batch": found["batch"],
        "threads": found["threads"],
        "variants": [
            {**{key: each.get(key) for key in _KEPT}, "speed": each["speed"]["value"]} for each in found["variants"]
        ],
    }

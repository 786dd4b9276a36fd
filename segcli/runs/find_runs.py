"""The run folders among and below others, for those who name many at once. Torch-free."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from segcli.runs.run_folder import CONFIG, PASSPORT


def find_runs(places: Sequence[Path]) -> list[Path]:
    """Return the run folders among and below some folders, in the order of names and numbers, each once."""
    return list(dict.fromkeys(run.resolve() for place in places for run in _below(place)))


def _below(folder: Path) -> Iterator[Path]:
    if (folder / PASSPORT).is_file() or (folder / CONFIG).is_file():
        yield folder
    elif folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
        children = [child for child in folder.iterdir() if child.is_dir() and not child.name.startswith(".")]
        for child in sorted(children, key=lambda each: (each.name.isdecimal(), each.name.zfill(9))):
            yield from _below(child)

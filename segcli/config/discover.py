"""Find the experiments of a folder: YAML files with the keys of an experiment that are no fragments of others."""

from pathlib import Path

from segcli.config.errors import ConfigError
from segcli.config.library import COMPOSER_KEYS, SCALARS, Library
from segcli.config.loader import load_file
from segcli.registry import SECTIONS

FRAGMENTS = {"base", "presets"}
"""Folders whose files are parents of experiments, and none themselves."""

KEYS = {"data", *SECTIONS, *SCALARS, *COMPOSER_KEYS}


def find_experiments(folder: Path, library: Library) -> list[Path]:
    """Return the experiments in ``folder/experiments`` if there is such a folder, else in ``folder``, sorted.

    Files in folders called ``base``, ``presets`` or ``runs`` are left out, and those with a key that no experiment has.
    """
    files = library.files
    start = folder / "experiments"
    found = files.below(start) if start.is_dir() else []
    start, found = (start, found) if found else (folder, files.below(folder))
    skipped = FRAGMENTS | {"runs"}
    return [p for p in found if not skipped & set(p.relative_to(start).parts) and is_experiment(p, library)]


def is_experiment(path: Path, library: Library) -> bool:
    """Return whether a file has the keys of an experiment; one with mistakes in its YAML might have."""
    try:
        tree = load_file(path, library.files)
    except ConfigError as error:
        return "is a mapping" not in error.problems[0].message
    return bool(tree.value) and {str(key).removesuffix("+") for key in tree.value} <= KEYS

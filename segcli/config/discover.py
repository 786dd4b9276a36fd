"""Find the experiments of a folder: YAML files with the keys of an experiment that are no fragments of others."""

from pathlib import Path

from segcli.config.errors import ConfigError
from segcli.config.library import KEYS, Library
from segcli.config.loader import load_file

FRAGMENTS = {"base", "presets"}
"""Folders whose files are parents of experiments, and none themselves."""


def find_experiments(folder: Path, library: Library) -> list[Path]:
    """Return the experiments in ``folder/experiments`` if there is such a folder, else in ``folder``, sorted.

    Files in folders called ``base``, ``presets`` or ``runs`` are left out, and those with the keys of something else.
    """
    files = library.files
    start = folder / "experiments"
    found = files.below(start) if start.is_dir() else []
    start, found = (start, found) if found else (folder, files.below(folder))
    skipped, certain = FRAGMENTS | {"runs"}, start.name == "experiments"
    mine = (p for p in found if not skipped & set(p.relative_to(start).parts))
    saved = {p for p in found if p.name == "composed.yaml" and p.with_name("config.yaml") in found}  # of a run
    return [p for p in mine if p not in saved and is_experiment(p, library, certain)]


def is_experiment(path: Path, library: Library, certain: bool = False) -> bool:
    """Return whether most keys of a file are those of an experiment; one with mistakes in its YAML might be one.

    Args:
        path: The file.
        library: Where its text comes from.
        certain: Whether it lies where experiments do, so that one such key is enough.
    """
    try:
        tree = load_file(path, library.files)
    except ConfigError as error:
        return "is a mapping" not in error.problems[0].message
    known = [str(key).removesuffix("+") in KEYS for key in tree.value]
    return any(known) if certain else sum(known) > len(known) / 2

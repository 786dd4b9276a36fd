"""Packages that give their components short names: entry points in groups ``segcli.<family>``.

They are read from the files that an installation leaves, a package at a time; nothing is imported. A package whose
entry points make no sense is left out and told, so that it disturbs nobody who does without it.
"""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

PREFIX = "segcli."
_CLASS = re.compile(r"[\w.]+:\w+")


def read_entry_points(
    path: Iterable[str], families: Collection[str], warn: Callable[[str], None]
) -> Iterator["EntryPoint"]:
    """Yield the entry points of ours on a search path of modules; of a package that is there twice, the first.

    Args:
        path: Folders and archives, as in ``sys.path``.
        families: Names that may follow ``segcli.`` in a group.
        warn: Is told what is wrong with a package, in one line.
    """
    seen = set[str]()
    for package in (package for place in path for package in _packages(Path(place or "."))):
        name = "a package"
        try:
            name = package.name or name
            if name not in seen:
                yield from _checked(package, families)
            seen.add(name)
        except Exception as error:  # whatever may stand in a file of others
            said = " ".join(f"{type(error).__name__}: {error}".removeprefix("ValueError: ").split())
            warn(f"the entry points of {name} were left out: {said}")


def _packages(place: Path) -> Iterator["Distribution"]:
    """Yield what is installed in a part of the search path and has, for all that can be told, entry points of ours."""
    if place.is_file():  # an archive
        from importlib import metadata

        yield from metadata.distributions(path=[str(place)])
        return
    try:
        names = sorted(name for name in os.listdir(place) if name.lower().endswith((".dist-info", "egg-info")))  # noqa: PTH208
    except OSError:
        return
    for name in names:
        with suppress(OSError):
            if b"[segcli." in (place / name / "entry_points.txt").read_bytes():
                from importlib import metadata

                yield metadata.Distribution.at(place / name)


def _checked(package: "Distribution", families: Collection[str]) -> Iterator["EntryPoint"]:
    """Return those of one package, all or none."""
    found = [each for each in package.entry_points if each.group.startswith(PREFIX)]
    groups = [f"{PREFIX}{family}" for family in families]
    for each in found:
        if each.group not in groups:
            near = get_close_matches(each.group, groups, n=1) or groups
            raise ValueError(f"no group {each.group!r}; write {' or '.join(near)}")
        if not _CLASS.fullmatch(each.value):
            raise ValueError(f"{each.group}: {each.name} got {each.value!r}, expected module:Class")
    return iter(found)

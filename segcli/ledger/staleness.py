"""Which recorded results are stale: their experiment is not what it was when they were measured."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from segcli.config.errors import ConfigError
from segcli.config.files import Revision
from segcli.config.library import Library, installed
from segcli.ledger.entry import RESULTS, Entry
from segcli.ledger.settings import differences, listed, settings_of, settings_then

_SOURCES = (".yaml", ".yml", ".py")
"""Ends of the files that an experiment is composed from."""


@dataclass(frozen=True)
class Stale:
    """A result that does not tell of its experiment any more.

    Attributes:
        entry: The result.
        reason: What differs, as ``data.batch_size 8 → 16``.
    """

    entry: Entry
    reason: str

    def as_dict(self) -> dict[str, object]:
        """Return everything as plain values."""
        found = self.entry.figure()
        return {
            "name": self.entry.name,
            "experiment": self.entry.files[0].as_posix(),
            "val_mIoU": None if found is None else found.mean,
            "reason": self.reason,
        }

    def __str__(self) -> str:
        found = self.entry.figure()
        return self.entry.name if found is None else f"{self.entry.name} ({found.mean:.3f})"


def staleness(entry: Entry, library: Library | None = None) -> str | None:
    """Return why a result is stale; None if its experiment is what it was.

    Args:
        entry: The result.
        library: Files and components of a revision; None for those on disk.
    """
    library = library or installed()
    gone = [file for file in entry.files if not library.files.is_file(file)]
    if gone:
        what = "experiment" if gone[0] == entry.files[0] else gone[0].as_posix()
        return f"{what} removed"
    try:
        before = settings_of(entry.settings)
        now = settings_then(before, entry.files, entry.overrides, library)
    except ConfigError as error:
        problem = error.problems[0]
        return f"does not compose: {problem.key + ': ' if problem.key else ''}{problem.message}"
    found = differences(before, now)
    return listed(found) if found else None


def newly_stale(experiments: Iterable[str], revision: Revision) -> list[Stale]:
    """Return the results of some experiments that were true at a revision, and are stale now.

    Args:
        experiments: Experiment files, relative to the working directory.
        revision: The revision.
    """
    if not any(path.suffix in _SOURCES for path in revision.changed):
        return []
    before, found = Library(revision), []
    for entry in _recorded(set(experiments)):
        reason = staleness(entry)
        if reason is not None and staleness(entry, before) is None:
            found.append(Stale(entry, reason))
    return found


def _recorded(experiments: set[str]) -> Iterator[Entry]:
    """Yield the results of experiments; files beside these that hold something else are left to ``record --check``."""
    parents = {parent for name in experiments for parent in _folders(PurePath(name))}
    for folder in sorted(parents):
        for path in sorted((Path(folder) / RESULTS).glob("*.json")):
            with contextlib.suppress(ConfigError):
                entry = Entry.read(path)
                if str(entry.files[0]) in experiments:
                    yield entry


def _folders(experiment: PurePath) -> Iterator[PurePath]:
    """Yield the folders that may hold the result of an experiment: its own, and those above it."""
    yield experiment.parent
    yield from (parent for parent in experiment.parents if parent.name)

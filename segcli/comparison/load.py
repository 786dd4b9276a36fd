"""Read the runs to be compared, and say why others are left out."""

from collections.abc import Sequence
from pathlib import Path

from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.runs.find_runs import find_runs
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError

LeftOut = tuple[Path, str]


def load_runs(places: Sequence[Path]) -> tuple[list[StoredRun], list[LeftOut]]:
    """Read every run among and below some folders.

    Args:
        places: Run folders, or folders of them.

    Returns:
        The runs that are whole, and the folders of the others with the reason.

    Raises:
        ConfigError: If a place is no folder, or holds no run.
    """
    problems = [problem for place in places if (problem := _problem(place)) is not None]
    if problems:
        raise ConfigError(problems)
    runs: list[StoredRun] = []
    left_out: list[LeftOut] = []
    for path in find_runs(places):
        try:
            runs.append(StoredRun.load(path))
        except UnreadableRunError as error:
            left_out.append((path, str(error)))
    return runs, left_out


def shown(path: Path) -> str:
    """Return a path relative to the working directory, where it lies below that."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _problem(place: Path) -> Problem | None:
    if not place.exists():
        near = [str(other) for other in place.parent.iterdir()] if place.parent.is_dir() else []
        return Problem(f"no folder {place}{did_you_mean(place, near)}")
    if not place.is_dir():
        return Problem(f"{place} is a file; name the folder of a run, or a folder of runs")
    if not find_runs([place]):
        return Problem(f"{place} holds no run; a run folder has a passport.json and a config.yaml")
    return None

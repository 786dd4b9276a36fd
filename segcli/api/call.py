"""One call from Python: what it was given, what it may leave behind, and how its mistakes are told."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from segcli.api.run import Run
from segcli.api.wording import in_python
from segcli.config.errors import TRACEBACK, ConfigError, Problem
from segcli.config.from_python import override_words, tree_of
from segcli.config.node import MappingNode, Source
from segcli.config.output import accept_every_character
from segcli.experiment.arguments import RunArguments
from segcli.experiment.restored import restored

Place = str | os.PathLike[str] | Run
"""A file or a folder; a run stands for its folder."""
Given = Place | Mapping[str, Any]
"""One experiment: a file, the folder of a run, or a mapping as its file would hold it."""


@contextlib.contextmanager
def from_python(quiet: bool = False, trains: bool = False) -> Iterator[None]:
    """Let a call leave the process as it was, and its mistakes speak of arguments instead of a command line.

    Args:
        quiet: Whether nothing is printed to standard output.
        trains: Whether the block needs torch and Lightning in any case.

    Raises:
        ConfigError: As the block did.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(restored(trains))
        accept_every_character()
        if quiet:
            nothing = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(contextlib.redirect_stdout(nothing))
        try:
            yield
        except ConfigError as error:
            cause = error if os.environ.get(TRACEBACK) else error.__cause__
            raise ConfigError([told(problem) for problem in error.problems]) from cause


def run_arguments(
    verb: str,
    experiment: Given | Sequence[Place] | None,
    overrides: Mapping[str, Any] | None,
    checkpoint: str | os.PathLike[str] | None,
) -> RunArguments:
    """Return what a verb works on, with the command line that means the same for the record.

    Args:
        verb: Its name.
        experiment: One or several files, the folder of a run, or a mapping; None for that of the checkpoint.
        overrides: Over it.
        checkpoint: Its file, or ``last``.

    Raises:
        ConfigError: If a value is none that YAML can hold.
    """
    words = override_words(overrides or {})
    tree = tree_of(experiment) if isinstance(experiment, Mapping) else None
    places = [] if experiment is None or isinstance(experiment, Mapping) else listed(experiment)
    line = [word for place in places for word in ("-c", place)]
    line += [*words, *(["--ckpt_path", os.fspath(checkpoint)] if checkpoint is not None else [])]
    path = Path(checkpoint) if checkpoint is not None else None
    return RunArguments(verb, [Path(place) for place in places], words, path, line, tree)


def listed(places: Place | Sequence[Place]) -> list[str]:
    """Return the paths of one or several places."""
    several = [places] if isinstance(places, str | os.PathLike | Run) else places
    return [shown(each) for each in several]


def subject(given: Given) -> str | MappingNode:
    """Return one experiment as those who compose it take it."""
    return tree_of(given) if isinstance(given, Mapping) else shown(given)


def shown(place: Place) -> str:
    """Return the path of a place, that of a run as short as it is from here."""
    return place.shown if isinstance(place, Run) else os.fspath(place)


def told(problem: Problem) -> Problem:
    """Return a mistake with overrides and arguments as they are written in Python."""
    key, message = problem.key.removeprefix("--"), in_python(problem.message)
    return replace(problem, message=message, key=key, source=_place(problem.source), over=_place(problem.over))


def _place(source: Source | None) -> Source | None:
    if source is None or not source.where.startswith("--"):
        return source
    return Source(f'overrides["{source.where.removeprefix("--")}"]')

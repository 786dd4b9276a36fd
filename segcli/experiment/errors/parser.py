"""Turn what jsonargparse says of an experiment into errors with a place, all of them at once."""

import re
from argparse import ArgumentError
from collections.abc import Callable, Iterator
from typing import Any

from segcli.config.component import arguments_of, flat_key, has_arguments, within
from segcli.config.compose import Experiment
from segcli.config.errors import ConfigError, Problem, shown
from segcli.config.node import Path as KeyPath
from segcli.config.node import dotted, lookup
from segcli.experiment.errors.plain_words import joined, shorten

_KEY = re.compile(r'Parser key "([^"]+)"')
_NOISE = (
    *(
        "Subtypes:",
        "Given value",
        "Errors:",
        "Does not validate against any",
        "Type <class",
        "Problem with given class",
    ),
    *("Subclass types expect", "a class path (str)", "a dict with"),
)
_WHOLE_CLASS = re.compile(r"\.? Got value: Namespace\(.*")
_REQUIRED = "the following arguments are required: "
_MAX_ROUNDS = 30


def from_parser(error: Exception, experiment: Experiment) -> ConfigError:
    """Say which key jsonargparse did not accept, why, and where it was written."""
    key, message = _key_and_reason(error)
    return ConfigError([Problem(message, key, experiment.source(key) if key else None)])


def all_from_parser(
    error: Exception, experiment: Experiment, parse: Callable[[Any], object], given: object = None
) -> ConfigError:
    """Say every key that jsonargparse does not accept: it stops at the first, so leave that out and parse again.

    Args:
        error: What it said first.
        experiment: The experiment, whose tree it parsed.
        parse: Parses a tree.
        given: The tree that was parsed; None for the whole experiment's.
    """
    tree = experiment.expanded() if given is None else given
    removed = set[KeyPath]()
    problems: list[Problem] = []
    rest: Exception | None = error
    for _ in range(_MAX_ROUNDS):
        if rest is None:
            break
        culprits, following = _culprits(rest, tree, removed, parse)
        if not _is_follow_up(rest, removed):
            problems.append(_located(rest, experiment, culprits))
        if not culprits:
            break
        removed, rest = removed | set(culprits), following
    return ConfigError(list(dict.fromkeys(problems)) or from_parser(error, experiment).problems)


def _key_and_reason(error: Exception) -> tuple[str, str]:
    """Cut a message of jsonargparse down to the innermost key and what is said of that."""
    text = str(error)
    key = flat_key(".".join(_KEY.findall(text)))
    lines = _KEY.split(text)[-1].lstrip(":").strip("\n").splitlines()
    depth = min((_indent(line) for line in lines[:1]), default=0)
    ours = [line for line in lines if _indent(line) >= depth]  # the others are of another type of a union
    stripped = [_WHOLE_CLASS.sub("", line.strip().removeprefix("- ")) for line in ours]
    reasons = [line for line in stripped if line and not line.startswith(_NOISE) and "NoneType" not in line]
    return key, shorten(joined(reasons) or text)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _culprits(
    error: Exception, tree: object, removed: set[KeyPath], parse: Callable[[Any], object]
) -> tuple[list[KeyPath], Exception | None]:
    """Return what to leave out for another error than this, and that error.

    A message tells no positions in lists. So each place that it may mean is tried; if two are wrong in the same way,
    all are left out together.
    """
    candidates = list(_candidates(_key_and_reason(error)[0], tree, removed))
    groups = [[path] for path in candidates] + ([candidates] if len(candidates) > 1 else [])
    for group in groups:
        following = _error_of(_without(tree, removed | set(group)), parse)
        if following is None or _key_and_reason(following) != _key_and_reason(error):
            return group, following
    return [], None


def _error_of(tree: object, parse: Callable[[Any], object]) -> Exception | None:
    try:
        parse(tree)
    except ArgumentError as error:
        return error
    return None


def _candidates(key: str, tree: object, removed: set[KeyPath]) -> Iterator[KeyPath]:
    """Yield the places that a key may mean, or the nearest mapping above it."""
    keys = key.split(".") if key else []
    for count in range(len(keys), 0, -1):
        found = [path for path in _places(tree, keys[:count], ()) if not any(path[: len(r)] == r for r in removed)]
        if found:
            yield from found
            return


def _places(tree: object, keys: list[str], path: KeyPath) -> Iterator[KeyPath]:
    if not keys:
        yield path
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _places(item, keys, (*path, index))
    elif isinstance(tree, dict):
        match = next((key for key in tree if str(key) == keys[0]), None)
        if match is not None:
            yield from _places(tree[match], keys[1:], (*path, match))
        elif has_arguments(tree):
            yield from _places(arguments_of(tree), keys, within(path))


def _without(tree: object, removed: set[KeyPath], path: KeyPath = ()) -> object:
    """Return a copy of a tree that lacks some paths."""
    if isinstance(tree, dict):
        inner = {key: (*path, key) for key in tree}
        return {key: _without(tree[key], removed, at) for key, at in inner.items() if at not in removed}
    if isinstance(tree, list):
        places = [(*path, index) for index in range(len(tree))]
        return [_without(item, removed, at) for item, at in zip(tree, places, strict=True) if at not in removed]
    return tree


def _is_follow_up(error: Exception, removed: set[KeyPath]) -> bool:
    """Return whether only what was left out is missing."""
    missing = str(error).rpartition(_REQUIRED)[2].splitlines()[0].split(", ") if _REQUIRED in str(error) else []
    left_out = {dotted(path).rpartition(".")[2] for path in removed}
    return bool(missing) and {name.rpartition(".")[2] for name in missing} <= left_out


def _located(error: Exception, experiment: Experiment, culprits: list[KeyPath]) -> Problem:
    key, message = _key_and_reason(error)
    node = lookup(experiment.root, culprits[0]) if len(culprits) == 1 else None
    if node is None or dotted(culprits[0]).count(".") < key.count("."):
        return from_parser(error, experiment).problems[0]
    if message.startswith("expected") and "got " not in message:
        message += f", got {shown(node.plain())}"
    return Problem(message, dotted(culprits[0]), node.source, node.over.source if node.over else None)

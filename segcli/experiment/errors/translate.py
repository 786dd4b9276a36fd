"""Turn what jsonargparse, Lightning, torch and components raise into short errors with a place."""

import os
import re
from argparse import ArgumentError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import segcli
from segcli.config.component import CLASS_IN_MESSAGE, arguments_of, flat_key, has_arguments, is_path_of_class, within
from segcli.config.compose import Experiment
from segcli.config.errors import TRACEBACK, ConfigError, Problem, shown
from segcli.config.library import KEYS
from segcli.config.node import Node, dotted, lookup
from segcli.config.node import Path as KeyPath
from segcli.experiment.errors.plain_words import joined, plain_words

PACKAGE = Path(segcli.__file__).parent
_KEY = re.compile(r'Parser key "([^"]+)"')
_NAMED = re.compile(rf"(?<![\w./-])(?:{'|'.join(sorted(KEYS))})(?:\.\w+)+")
"""A key that a message names; after dashes it stands for a flag that would be new."""
_PYDANTIC = re.compile(r"validation errors? for|For further information")
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
_MAX_LENGTH = 400
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


def is_ours(error: Exception) -> bool:
    """Return whether a line of segcli raised it: then it is worded for the user, and no bug."""
    file = _raised_in(error)
    return file is not None and file.is_relative_to(PACKAGE)


def is_of_lightning(error: Exception) -> bool:
    """Return whether a line of Lightning raised it: before anything is trained, it is about one of its settings."""
    file = _raised_in(error)
    return file is not None and bool({"pytorch_lightning", "lightning_fabric"} & set(file.parts))


def _raised_in(error: Exception) -> Path | None:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return Path(trace.tb_frame.f_code.co_filename) if trace is not None else None


def from_component(error: Exception, experiment: Experiment) -> ConfigError:
    """Pass on what a constructor or a Lightning check said about its arguments, and where it was written if known."""
    if key := getattr(error, "key", ""):
        return ConfigError([at_named_key(shorten(str(error)), experiment, key)])
    chain: list[BaseException] = [error]
    while cause := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(cause)
    if "Does not validate" not in str(error):
        return ConfigError([at_named_key(shorten(str(error)), experiment)])
    # jsonargparse wraps what a nested class said once per level; the class stands in the innermost wrapping
    reason = "; ".join(line.strip() for line in str(chain[-1]).splitlines() if not _PYDANTIC.search(line))
    found = [path for wrapped in chain for path in CLASS_IN_MESSAGE.findall(str(wrapped))]
    classes = [path.rpartition(".")[2] for path in found]
    # a wrapping quotes all that was given, other classes in it too; ours begin with the name of theirs
    named = [name for name in classes if reason.split(maxsplit=1)[:1] == [name]]
    name = (named or classes or [""])[-1]
    for path, node in experiment.root.leaves():
        if is_path_of_class(path) and _is(node, name):
            if (problem := at_named_key(shorten(reason), experiment)).key:
                return ConfigError([problem])
            message = reason if reason.startswith(name) else f"{name}: {reason}"
            return ConfigError([Problem(shorten(message), dotted(path[:-1]), node.source)])
    return ConfigError([Problem(shorten(reason))])


def _component_named(message: str, experiment: Experiment) -> tuple[str, Node | None]:
    """Return key of the one component whose name a message begins with, and its node or that of what it got."""
    name, _, argument = [*message.split(), "", "", ""][:3]
    found = [(path[:-1], node) for path, node in experiment.root.leaves() if is_path_of_class(path) and _is(node, name)]
    if len(found) != 1:
        return "", None
    path, cls = found[0]
    return dotted(path), lookup(experiment.root, (*path, argument)) or cls


def _is(node: Node, name: str) -> bool:
    return str(node.value).rpartition(".")[2] == name


@contextmanager
def of_constructors(experiment: Experiment) -> Iterator[None]:
    """Turn what a constructor refuses into one error; with ``SEGCLI_TRACEBACK`` set, leave it as it is.

    Raises:
        ConfigError: In its place.
    """
    from lightning_fabric.utilities.exceptions import MisconfigurationException

    from segcli.sample import DataError

    try:
        yield
    except DataError as error:
        raise from_data(error, experiment) from None
    except (ValueError, TypeError, OSError, ImportError, RuntimeError, MisconfigurationException) as error:
        if os.environ.get(TRACEBACK):
            raise
        raise from_component(error, experiment) from error


def from_data(error: Exception, experiment: Experiment) -> ConfigError:
    """Pass on what the data code said, without the traceback that a loader process wraps around it."""
    return ConfigError([at_named_key(str(error).rpartition("DataError: ")[2].strip(), experiment)])


def at_named_key(message: str, experiment: Experiment, key: str = "") -> Problem:
    """Say where the first of the keys was written that a message names, or else the key that the error is of."""
    named = [(name, lookup(experiment.root, tuple(name.split(".")))) for name in _NAMED.findall(message)]
    name, node = next(((name, node) for name, node in named if node is not None), ("", None))
    if name and message.startswith(f"{name} got "):
        key, message = name, message.removeprefix(f"{name} ")
    if node is None and not key:
        key, node = _component_named(message, experiment)
    return Problem(message, key, node.source if node is not None else experiment.source(key) if key else None)


def from_state_dict(error: Exception, checkpoint: object) -> ConfigError:
    """Say that weights and model do not fit."""
    lines = [line.strip() for line in str(error).splitlines()[1:] if line.strip()]
    return ConfigError(
        [
            Problem(
                f"{checkpoint} does not fit the model of this experiment; without -c the checkpoint brings its own\n"
                f"  {shorten(lines[0] if lines else str(error))}"
            )
        ]
    )


def shorten(text: str) -> str:
    """Put a message on one line of bounded length, in plain words."""
    line = plain_words("; ".join(part.strip() for part in text.splitlines() if part.strip()))
    return line if len(line) <= _MAX_LENGTH else f"{line[: _MAX_LENGTH - 3]}..."

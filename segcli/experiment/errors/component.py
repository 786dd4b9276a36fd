"""Turn what constructors, the data code and Lightning say of an experiment into errors with a place."""

import re
from dataclasses import replace

from segcli.config.component import CLASS_IN_MESSAGE, is_path_of_class
from segcli.config.compose import Experiment
from segcli.config.errors import ConfigError, Problem
from segcli.config.library import KEYS
from segcli.config.node import MappingNode, Node, dotted, lookup
from segcli.experiment.errors.origin import OwnLine, own_line
from segcli.experiment.errors.plain_words import shorten
from segcli.experiment.parts import PartError
from segcli.experiment.trainer_check import TrainerError

_NAMED = re.compile(rf"(?<![\w./-])(?:{'|'.join(sorted(KEYS))})(?:\.\w+)+")
"""A key that a message names; after dashes it stands for a flag that would be new."""
_PYDANTIC = re.compile(r"validation errors? for|For further information")


def from_component(error: Exception, experiment: Experiment) -> ConfigError:
    """Pass on what a constructor or a Lightning check said about its arguments, and where it was written if known.

    Where it is not, the line of the user's own code that had part in it stands for it.
    """
    problem = _of_arguments(error, experiment)
    own = own_line(error) if problem.source is None else None
    return ConfigError([problem if own is None else replace(problem, source=own.source)])


def _of_arguments(error: Exception, experiment: Experiment) -> Problem:
    chain: list[BaseException] = [error]
    while cause := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(cause)
    if "Does not validate" not in str(error):
        return at_named_key(shorten(str(error)), experiment)
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
                return problem
            message = reason if reason.startswith(name) else f"{name}: {reason}"
            return Problem(shorten(message), dotted(path[:-1]), node.source)
    return Problem(shorten(reason))


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


def from_data(error: Exception, experiment: Experiment, own: OwnLine | None = None) -> ConfigError:
    """Pass on what the data code said, without the traceback that a loader process wraps around it.

    Args:
        error: It.
        experiment: Where a key was written that it names.
        own: The line of the user's own code that had part in it.
    """
    problem = at_named_key(str(error).rpartition("DataError: ")[2].strip(), experiment)
    return ConfigError([replace(problem, source=own.source) if own is not None else problem])


def from_part(error: PartError | TrainerError, experiment: Experiment) -> ConfigError:
    """Say where the part was written that an error is of, or the one argument that it names."""
    cause = error.__cause__
    if isinstance(cause, Exception) and "Does not validate" in str(cause):
        problem = from_component(cause, experiment).problems[0]
        if problem.key:
            return ConfigError([problem])
    node = lookup(experiment.root, tuple(error.key.split(".")))
    arguments = node.arguments if isinstance(node, MappingNode) else {}
    words = re.findall(r"\w+", str(error))
    named = [f"{error.key}.{key}" for key in arguments if key in words]
    problem = at_named_key(shorten(str(error)), experiment, error.key)
    if len(named) == 1 and problem.key == error.key:
        problem = replace(problem, source=experiment.source(named[0]))
    return ConfigError([problem])


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

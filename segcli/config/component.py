"""How a component is written down: its class and its arguments, ``{class_path: NAME, init_args: {...}}``.

The one place that knows, for plain trees, such as a run's config.yaml, for namespaces of jsonargparse, for dotted keys
and for paths. The typed tree (:mod:`segcli.config.node`) builds on it.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from segcli.config.node import Path

CLASS, ARGUMENTS = "class_path", "init_args"
COMPONENT = f"{{{CLASS}: NAME, {ARGUMENTS}: {{...}}}}"
"""How to write one, for messages."""
CLASS_IN_MESSAGE = re.compile(rf"{CLASS}'?[=:] ?'([\w.]+)'")
"""How jsonargparse quotes the class of a component that it refuses."""
TWICE = f"beside {ARGUMENTS} and in it"
"""Where an argument stands that is given in both forms."""


class PlainComponent(NamedTuple):
    """A component of a plain tree.

    Attributes:
        name: Of its class, as written: ``module.Class`` in a tree that is stored.
        arguments: As plain values, or as a namespace; empty where there are none.
        has_arguments: Whether there is a place for arguments, be it empty.
    """

    name: str
    arguments: Any
    has_arguments: bool


def component_of(value: object) -> PlainComponent | None:
    """Return what a plain value or a namespace says of a component; None where it is none."""
    if not _has(value, CLASS):
        return None
    return PlainComponent(str(value[CLASS]), arguments_of(value), ARGUMENTS in value)  # type: ignore[index,operator]


def arguments_of(value: object) -> Any:
    """Return the arguments of a component, whether its class is given or not; empty where there are none."""
    return (value[ARGUMENTS] if _has(value, ARGUMENTS) else None) or {}  # type: ignore[index]


def component(name: object, arguments: object = None) -> dict[str, Any]:
    """Return a component as a plain tree holds it; without a place for arguments unless they are given."""
    return {CLASS: name} if arguments is None else {CLASS: name, ARGUMENTS: arguments}


def _has(value: object, key: str) -> bool:
    return (isinstance(value, Mapping) or hasattr(value, "as_dict")) and key in value  # type: ignore[operator]


def has_arguments(value: object) -> bool:
    """Return whether a plain value has a place for arguments of a component."""
    return _has(value, ARGUMENTS)


def with_arguments(value: Mapping[str, object], arguments: object) -> dict[str, Any]:
    """Return a component of a plain tree with other arguments."""
    return {**value, ARGUMENTS: arguments}


def class_key(key: str) -> str:
    """Return the dotted key of the class of the component at a key."""
    return f"{key}.{CLASS}"


def component_key(key: str) -> str:
    """Return a dotted key without the word that says it is of a component's class."""
    return key.removesuffix(f".{CLASS}")


def is_of_class(key: str) -> bool:
    """Return whether a dotted key is that of a component's class."""
    return key == CLASS or key.endswith(f".{CLASS}")


def flat_key(key: str) -> str:
    """Return a dotted key without the words that lead to arguments, as experiments may leave them out."""
    return ".".join(part for part in key.split(".") if part != ARGUMENTS)


def flat_path(path: "Path") -> "Path":
    """Return the same of a path."""
    return tuple(key for key in path if key != ARGUMENTS)


def leads_to_arguments(path: "Path") -> bool:
    """Return whether a path is that of the arguments of a component as a whole."""
    return path[-1:] == (ARGUMENTS,)


def is_path_of_class(path: "Path") -> bool:
    """Return whether a path is that of a component's class."""
    return path[-1:] == (CLASS,)


def within(path: "Path") -> "Path":
    """Return the path of a component's arguments."""
    return (*path, ARGUMENTS)

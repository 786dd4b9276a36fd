"""What a search looks for and where: a YAML file, read with the line of every value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segcli.config.component import COMPONENT, class_key, flat_key
from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.files import Files
from segcli.config.loader import load_file
from segcli.config.node import ComponentNode, MappingNode, Node, Source
from segcli.sweeps.dimension import Choices, Range, read_dimension, shown, wrong

KEYS = ("metric", "direction", "trials", "sampler", "pruner", "storage", "study", "space")
DIRECTIONS = ("maximize", "minimize")
TRIALS = 20


@dataclass(frozen=True)
class Component:
    """A sampler or pruner, not yet looked up.

    Attributes:
        name: Short name or full class path.
        arguments: Of its constructor.
        source: Who wrote it.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    source: Source | None = None


@dataclass(frozen=True)
class Space:
    """A search as written; None stands for what was left out.

    Attributes:
        dimensions: What is searched, by dotted key.
        sources: Who wrote each key of the file and of ``space``.
        metric: What is optimized.
        direction: ``maximize`` or ``minimize``.
        trials: How many in total.
        sampler: What proposes trials.
        pruner: What ends trials that do badly.
        storage: URL of the data base.
        study: Name in it.
    """

    dimensions: Mapping[str, Choices | Range]
    sources: Mapping[str, Source]
    metric: str | None = None
    direction: str | None = None
    trials: int = TRIALS
    sampler: Component | None = None
    pruner: Component | None = None
    storage: str | None = None
    study: str | None = None


def read_space(path: Path) -> Space:
    """Read the file of a search.

    Raises:
        ConfigError: For every mistake in it.
    """
    if not path.is_file():
        raise ConfigError([Problem(f"no file {path}; --search takes the YAML file of a search space")])
    root = load_file(path, Files())
    problems = [
        Problem(f"unknown key{did_you_mean(key, KEYS)}", str(key), node.source, options=KEYS)
        for key, node in root.value.items()
        if key not in KEYS
    ]
    readers: dict[str, Callable[[str, Node], Any]] = {
        **dict.fromkeys(("metric", "storage", "study"), _text),
        **dict.fromkeys(("sampler", "pruner"), _component),
        "direction": _direction,
        "trials": _trials,
    }
    values = {}
    for key, read in readers.items():
        node = root.value.get(key)
        if node is not None and node.value is not None:
            try:
                values[key] = read(key, node)
            except ConfigError as error:
                problems += error.problems
    dimensions = _dimensions(root, problems)
    if problems:
        raise ConfigError(problems)
    sources = {str(key): node.source for key, node in root.value.items()}
    sources |= {flat_key(str(key)): node.source for key, node in root.value["space"].children()}
    return Space(dimensions, sources, **values)


def _dimensions(root: MappingNode, problems: list[Problem]) -> dict[str, Choices | Range]:
    node = root.value.get("space")
    if not isinstance(node, MappingNode) or not node.value:
        message = "expected what to search, as {model.optimizer.lr: {low: 1.0e-5, high: 1.0e-2, log: true}}"
        problems.append(Problem(message, "space", node.source if node is not None else root.source))
        return {}
    found: dict[str, Choices | Range] = {}
    for key, child in node.value.items():
        try:
            found[flat_key(str(key))] = read_dimension(f"space.{key}", child)
        except ConfigError as error:
            problems += error.problems
    if len(found) < len({flat_key(str(key)) for key in node.value}):
        return found
    if len(found) < len(node.value):
        problems.append(Problem("names a key twice, with and without init_args", "space", node.source))
    return found


def _text(key: str, node: Node) -> str:
    if not isinstance(node.value, str) or not node.value:
        raise wrong(key, node, "a text")
    return node.value


def _direction(key: str, node: Node) -> str:
    if node.value not in DIRECTIONS:
        hint = did_you_mean(node.value, DIRECTIONS)
        raise ConfigError([Problem(f"got {shown(node)}{hint}", key, node.source, options=DIRECTIONS)])
    return str(node.value)


def _trials(key: str, node: Node) -> int:
    if isinstance(node.value, bool) or not isinstance(node.value, int) or node.value < 1:
        raise wrong(key, node, "a whole number of at least 1")
    return node.value


def _component(key: str, node: Node) -> Component:
    """Read a class by its name, or with arguments as in an experiment."""
    if isinstance(node.value, str):
        return Component(node.value, {}, node.source)
    if not isinstance(node, ComponentNode):
        raise wrong(key, node, f"a name, or {COMPONENT}")
    if node.inner is not None and (node.beside or not isinstance(node.inner, MappingNode)):
        raise wrong(key, node, COMPONENT)
    arguments = node.beside if node.inner is None else node.arguments
    plain = {str(name): child.plain() for name, child in arguments.items()}
    return Component(_text(class_key(key), node.cls), plain, node.source)

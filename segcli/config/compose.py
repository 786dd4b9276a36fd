"""Files, their parents and command-line overrides in; one tree out."""

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segcli.config.check import check, check_composer_keys
from segcli.config.component import component
from segcli.config.environment import ENVIRONMENT, Environment, identify
from segcli.config.errors import TRACEBACK, ConfigError, Problem
from segcli.config.extends import DEFAULTS, Layers
from segcli.config.follow import with_channels
from segcli.config.home import paths_from_home
from segcli.config.interpolate import interpolate
from segcli.config.keys import PREDICTIONS
from segcli.config.library import COMPOSER_KEYS, Library, Place, installed
from segcli.config.measured import check_metrics
from segcli.config.merge import Merger
from segcli.config.monitored import check_monitors, forget_default_modes, monitored, with_modes
from segcli.config.node import ComponentNode, MappingNode, Node, SequenceNode, Source, dotted, lookup
from segcli.config.node import Path as KeyPath
from segcli.config.overrides import parse_overrides
from segcli.config.texts import settle_texts


@dataclass(frozen=True)
class Experiment:
    """A composed experiment.

    Attributes:
        root: The tree, with the source of every value.
        files: Every file that took part, in the order of reading.
        library: What is known about the components that it names.
        removed: The ``!del`` that removed a key, by its path.
        variables: The mapping ``vars``, which is no part of the tree; None where there is none.
        environment: What of the values is from environment variables.
    """

    root: MappingNode
    files: tuple[Path, ...] = ()
    library: Library = field(default_factory=installed)
    removed: Mapping[KeyPath, Node] = field(default_factory=dict)
    variables: Node | None = None
    environment: Environment = field(default_factory=Environment)

    def plain(self) -> dict[str, Any]:
        """Return the values alone, classes by the names that the files use."""
        return self.root.plain()

    def expanded(self) -> dict[str, Any]:
        """Return the values alone, every class by its full path, ``~`` of paths replaced, modes as the metrics have."""
        tree = paths_from_home(_expand(self.root, self.library.root))
        return with_modes(tree, list(monitored(self.root, self.library)))

    def get(self, key: str) -> Any:
        """Return the value at a dotted key, which may leave out what leads to arguments; None if it is not set."""
        node = lookup(self.root, tuple(key.split(".")))
        return paths_from_home(node.plain(), key.rpartition(".")[2]) if node is not None else None

    def source(self, key: str) -> Source | None:
        """Return who set a dotted key, or the nearest mapping above it."""
        keys = tuple(key.split("."))
        found = (lookup(self.root, keys[:n]) for n in range(len(keys), 0, -1))
        return next((node.source for node in found if node is not None), None)


def compose(
    files: Sequence[Path],
    overrides: Sequence[str] = (),
    base: MappingNode | None = None,
    checked: bool = True,
    library: Library | None = None,
    reads_environment: bool = True,
) -> Experiment:
    """Compose an experiment.

    Args:
        files: Experiment files, later over earlier.
        overrides: Command-line arguments ``--a.b.c value``, over all files.
        base: A tree below the files that is none itself: of a checkpoint, or given in Python.
        checked: Whether to check keys, names and types as well.
        library: Files and components of another revision; None for those on disk.
        reads_environment: Whether environment variables are read; else what refers to them stays as it is, beside the
            digests that a run stored.

    Raises:
        ConfigError: With every independent mistake found.
    """
    try:
        return _compose(files, overrides, base, checked, library or installed(), reads_environment)
    except ConfigError:
        raise
    except Exception as error:  # whatever a text holds, it is the text that is at fault for whoever wrote it
        if os.environ.get(TRACEBACK):
            raise
        raise ConfigError([_unforeseen(error, files)]) from error


def _unforeseen(error: Exception, files: Sequence[Path]) -> Problem:
    """Return what can be said of an error that nobody foresaw."""
    what = f"cannot be composed ({type(error).__name__}); this is a fault of segcli, not only of the file"
    where = Source(str(files[0])) if files else None
    return Problem(f"{what}: {TRACEBACK}=1 shows where, please report it", source=where)


def _compose(
    files: Sequence[Path],
    overrides: Sequence[str],
    base: MappingNode | None,
    checked: bool,
    library: Library,
    reads_environment: bool,
) -> Experiment:
    layers = Layers(library)
    if base is not None:
        layers.add_node(copy.deepcopy(base), Path.cwd() / "base")  # extends is taken out of it
    for file in files:
        layers.add_file(Path(file))
    flags, problems = parse_overrides(overrides)
    if problems := [*layers.problems, *problems]:
        raise ConfigError(list(dict.fromkeys(problems)))
    stack = layers.layers
    if told := [_of_predictions(layer.value[PREDICTIONS]) for layer in stack if _is_of_predictions(layer)]:
        raise ConfigError(told)
    if not any(_says_no_defaults(layer) for layer in stack):
        below = Layers(library)
        below.add_file(library.package_file(DEFAULTS))
        stack = below.layers + stack
    own = {library.files.show(Path(file)) for file in files} | ({base.source.where} if base is not None else set())
    root, removed, aside = _fold([*stack, *flags], own, library, checked, reads_environment)
    root = with_channels(root, library)
    if not reads_environment:
        identify(root, aside.get(ENVIRONMENT))
    environment = Environment.of(root, aside.get(ENVIRONMENT))
    return Experiment(root, tuple(layers.files), library, removed, aside.get("vars"), environment)


def _fold(
    layers: Sequence[MappingNode], own: set[str], library: Library, checked: bool, reads_environment: bool
) -> tuple[MappingNode, Mapping[KeyPath, Node], Mapping[str, Node]]:
    """Merge layers, lowest first, resolve interpolations, and drop what only composing needs."""
    merger = Merger()
    root = MappingNode({}, Source(""))
    for layer in layers:
        root = _merged(merger, root, layer, library)
    written = [layer.source for layer in layers if layer.source.line is not None]
    root.source = written[-1] if written else root.source
    settle_texts(root, library)
    problems = interpolate(root, reads_environment) or check_composer_keys(root, layers, own)
    aside = {key: root.value.pop(key) for key in COMPOSER_KEYS if key in root.value}
    again = Merger(is_last=True)
    root = _merged(again, None, root, library)  # an interpolation may have brought a component in
    problems = [*merger.problems, *problems, *again.problems, *settle_texts(root, library)]
    forget_default_modes(root, library, {layer.source.where for layer in layers if _says_no_defaults(layer)})
    if checked:
        told = {problem.key for problem in problems}
        if problems:  # of what is not resolved, nothing more can be said
            told |= {dotted(path) for path, node in root.leaves() if "${" in str(node.value)}
        found = [*check(root, library), *check_metrics(root, library), *check_monitors(root, library)]
        problems += [problem for problem in found if problem.key not in told]
    if problems:
        raise ConfigError(problems)
    return root, merger.removed, aside


def _merged(merger: Merger, base: MappingNode | None, over: MappingNode, library: Library) -> MappingNode:
    root = merger.merge(base, over, library.root)
    assert isinstance(root, MappingNode)
    return root


def _says_no_defaults(layer: MappingNode) -> bool:
    node = layer.value.get("defaults")
    return node is not None and node.value == "none"


def _is_of_predictions(layer: MappingNode) -> bool:
    """Return whether a file is the ``config.yaml`` of scores that ``segcli evaluate`` wrote."""
    return PREDICTIONS in layer.value and _says_no_defaults(layer)


def _of_predictions(node: Node) -> Problem:
    what = f"these are scores of predictions ({node.value}), which have no model: nothing can be trained with them"
    return Problem(f"{what}; take the experiment that they were scored by, composed.yaml beside it", source=node.source)


def _expand(node: Node, place: Place) -> Any:
    """Return plain values with full class paths."""
    if isinstance(node, SequenceNode):
        return [_expand(child, place) for child in node.value]
    if not isinstance(node, MappingNode):
        return node.value
    if isinstance(node, ComponentNode):
        path = place.class_path(node.name)
        return component(path, _expand(node.inner, place.inside(path)) if node.inner is not None else {})
    return {key: _expand(child, place.child(key)) for key, child in node.value.items()}

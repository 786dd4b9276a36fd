"""Files, their parents and command-line overrides in; one tree out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segcli.config.check import check, check_composer_keys
from segcli.config.errors import ConfigError
from segcli.config.extends import DEFAULTS, Layers, package_file
from segcli.config.interpolate import interpolate
from segcli.config.loader import show_path
from segcli.config.merge import Merger
from segcli.config.node import Node, Source, lookup
from segcli.config.overrides import parse_overrides
from segcli.config.places import COMPOSER_KEYS, ROOT, Place, class_path


@dataclass(frozen=True)
class Experiment:
    """A composed experiment.

    Attributes:
        root: The tree, with the source of every value.
        files: Every file that took part, in the order of reading.
    """

    root: Node
    files: tuple[Path, ...] = field(default=())

    def plain(self) -> dict[str, Any]:
        """Return the values alone, classes by the names that the files use."""
        return self.root.plain()

    def expanded(self) -> dict[str, Any]:
        """Return the values alone, every class by its full path."""
        return _expand(self.root, ROOT)

    def get(self, key: str) -> Any:
        """Return the value at a dotted key, ``init_args`` left out or not; None if it is not set."""
        node = lookup(self.root, tuple(key.split(".")))
        return node.plain() if node is not None else None

    def source(self, key: str) -> Source | None:
        """Return who set a dotted key, or the nearest mapping above it."""
        keys = tuple(key.split("."))
        found = (lookup(self.root, keys[:n]) for n in range(len(keys), 0, -1))
        return next((node.source for node in found if node is not None), None)


def compose(
    files: Sequence[Path], overrides: Sequence[str] = (), base: Node | None = None, checked: bool = True
) -> Experiment:
    """Compose an experiment.

    Args:
        files: Experiment files, later over earlier.
        overrides: Command-line arguments ``--a.b.c value``, over all files.
        base: A whole tree below the files in place of ``defaults.yaml``, as from a checkpoint.
        checked: Whether to check keys, names and types as well.

    Raises:
        ConfigError: With every independent mistake found.
    """
    layers = Layers()
    if base is not None:
        layers.add_node(base, Path.cwd() / "checkpoint")
    for file in files:
        layers.add_file(Path(file))
    stack = layers.layers
    if base is None and not any(_says_no_defaults(layer) for layer in stack):
        below = Layers()
        below.add_file(package_file(DEFAULTS))
        stack = below.layers + stack
    flags = parse_overrides(overrides)
    root = _fold([*stack, *flags], own={show_path(Path(file)) for file in files})
    if checked and (problems := check(root)):
        raise ConfigError(problems)
    return Experiment(root, tuple(layers.files))


def _fold(layers: Sequence[Node], own: set[str]) -> Node:
    """Merge layers, lowest first, resolve interpolations, and drop what only composing needs."""
    merger = Merger()
    root = Node({}, Source(""))
    for layer in layers:
        root = merger.merge(root, layer, ROOT)
    idle = check_composer_keys(root, layers, own)
    problems = merger.problems or interpolate(root) or idle
    if problems:
        raise ConfigError(problems)
    for key in COMPOSER_KEYS:
        root.value.pop(key, None)
    root = merger.merge(None, root, ROOT)  # an interpolation may have brought a component in
    if merger.problems:
        raise ConfigError(merger.problems)
    return root


def _says_no_defaults(layer: Node) -> bool:
    node = layer.value.get("defaults")
    return node is not None and node.value == "none"


def _expand(node: Node, place: Place) -> Any:
    """Return plain values with full class paths."""
    if node.is_list():
        return [_expand(child, place) for child in node.value]
    if not node.is_mapping():
        return node.value
    if "class_path" in node.value:
        path = class_path(str(node.value["class_path"].value), place.family)
        arguments = _expand(node.value["init_args"], Place(arguments_of=path)) if "init_args" in node.value else {}
        return {"class_path": path, "init_args": arguments}
    return {key: _expand(child, place.child(key)) for key, child in node.value.items()}

"""Turn a file and all that it extends into layers, lowest first.

``extends`` may stand at any mapping level and names files relative to its own file, or ``segcli:NAME`` for a fragment
that ships with the package. A parent is applied once per place, where it first appears, so that two parents may share a
grandparent without the second undoing what the first changed; a file of the command line always is.
"""

from importlib.resources import files
from pathlib import Path

from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.loader import load_file, show_path
from segcli.config.merge import Merger
from segcli.config.node import Node
from segcli.config.node import Path as KeyPath
from segcli.config.places import Place

PRESET = "segcli:"
DEFAULTS = "defaults.yaml"


def package_file(name: str) -> Path:
    """Return a file that ships inside the package."""
    return Path(str(files("segcli"))) / name


class Layers:
    """Collects the layers of one or several files.

    Attributes:
        layers: Mappings from the top level down, lowest first.
        files: Every file read, in order.
    """

    def __init__(self) -> None:
        self.layers: list[Node] = []
        self.files: list[Path] = []
        self._applied: set[tuple[Path, KeyPath]] = set()

    def add_file(self, path: Path, at: KeyPath = (), chain: tuple[Path, ...] = ()) -> None:
        """Add a file, below it all that it extends, at one place of the tree.

        Raises:
            ConfigError: If a file is missing or not an experiment, or extends itself.
        """
        path = path.resolve()
        if chain and (path, at) in self._applied and path not in chain:
            return
        self._applied.add((path, at))
        if path not in self.files:
            self.files.append(path)
        self.add_node(load_file(path), path, at, (*chain, path))

    def add_node(self, node: Node, path: Path, at: KeyPath = (), chain: tuple[Path, ...] = ()) -> None:
        """Add a mapping that was read from ``path``, below it all that it extends."""
        self._add_parents(node, path, at, chain)
        for key in reversed(at):
            node = Node({key: node}, node.source)
        self.layers.append(node)

    def _add_parents(self, node: Node, path: Path, at: KeyPath, chain: tuple[Path, ...]) -> None:
        """Add what ``node`` and the mappings inside it extend, and drop their ``extends``."""
        if node.is_list():
            node.value[:] = [self._resolved(item, path, chain) for item in node.value]
        if not node.is_mapping():
            return
        parents = node.value.pop("extends", None)
        for parent in _parents(parents) if parents is not None else ():
            self.add_file(_find(parent, path, chain), at, chain)
        for key, child in node.value.items():
            self._add_parents(child, path, (*at, key), chain)

    def _resolved(self, item: Node, path: Path, chain: tuple[Path, ...]) -> Node:
        """Compose a list element on its own: elements have no place that a parent could refer to."""
        if not item.is_mapping():
            return item
        inner, merger = Layers(), Merger()
        inner.add_node(item, path, (), chain)
        self.files += [file for file in inner.files if file not in self.files]
        tree = inner.layers[0]
        for layer in inner.layers[1:]:
            tree = merger.merge(tree, layer, Place())
        if merger.problems:
            raise ConfigError(merger.problems)
        return tree


def _parents(node: Node) -> list[Node]:
    items = node.value if node.is_list() else [node]
    for item in items:
        if not isinstance(item.value, str):
            raise ConfigError([Problem("names a file, or a list of files", "extends", item.source)])
    return items


def _find(parent: Node, child: Path, chain: tuple[Path, ...]) -> Path:
    """Return the file that an ``extends`` in ``child`` names."""
    name = parent.value
    if name.startswith(PRESET):
        path = package_file("presets") / f"{name.removeprefix(PRESET)}.yaml"
        options = sorted(PRESET + file.stem for file in package_file("presets").glob("*.yaml"))
        if not path.is_file():
            message = f"no preset {name!r}{did_you_mean(name, options)}"
            raise ConfigError([Problem(message, "extends", parent.source, options=tuple(options))])
        return path
    path = (child.parent / name).resolve()
    if not path.is_file():
        near = [str(file.relative_to(child.parent)) for file in child.parent.rglob("*.yaml")]
        message = f"no file {show_path(path)}{did_you_mean(name, near)}; paths in extends are relative to their file"
        raise ConfigError([Problem(message, "extends", parent.source)])
    if path in chain:
        loop = " -> ".join(show_path(file) for file in (*chain[chain.index(path) :], path))
        raise ConfigError([Problem(f"files extend each other in a circle: {loop}", "extends", parent.source)])
    return path

"""Turn a file and all that it extends into layers, lowest first.

``extends`` may stand at any mapping level and names files relative to its own file, or ``segcli:NAME`` for a fragment
that ships with the package. A parent is applied once per place, where it first appears, so that two parents may share a
grandparent without the second undoing what the first changed; a file of the command line always is.
"""

from pathlib import Path

from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.library import Library, Place
from segcli.config.loader import load_file
from segcli.config.merge import Merger
from segcli.config.node import Node
from segcli.config.node import Path as KeyPath

PRESET = "segcli:"
DEFAULTS = "defaults.yaml"


class Layers:
    """Collects the layers of one or several files.

    Args:
        library: Gives the files and the places of the tree.

    Attributes:
        layers: Mappings from the top level down, lowest first.
        files: Every file read, in order.
        problems: Files that are missing or no experiments, and extend each other in a circle.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self.problems: list[Problem] = []
        self.layers: list[Node] = []
        self.files: list[Path] = []
        self._applied: set[tuple[Path, KeyPath]] = set()

    def add_file(self, path: Path, at: KeyPath = (), chain: tuple[Path, ...] = ()) -> None:
        """Add a file, below it all that it extends, at one place of the tree."""
        path = path.resolve()
        if chain and (path, at) in self._applied and path not in chain:
            return
        self._applied.add((path, at))
        if path not in self.files:
            self.files.append(path)
        try:
            node = load_file(path, self._library.files)
        except ConfigError as error:
            self.problems += error.problems
            return
        self.add_node(node, path, at, (*chain, path))

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
            try:
                found = _find(parent, path, chain, self._library)
            except ConfigError as error:
                self.problems += error.problems
                continue
            self.add_file(found, at, chain)
        for key, child in node.value.items():
            self._add_parents(child, path, (*at, key), chain)

    def _resolved(self, item: Node, path: Path, chain: tuple[Path, ...]) -> Node:
        """Compose a list element on its own: elements have no place that a parent could refer to."""
        if not item.is_mapping():
            return item
        inner, merger = Layers(self._library), Merger()
        inner.add_node(item, path, (), chain)
        self.files += [file for file in inner.files if file not in self.files]
        tree = inner.layers[0]
        for layer in inner.layers[1:]:
            tree = merger.merge(tree, layer, Place(self._library))
        self.problems += [*inner.problems, *merger.problems]
        return tree


def _parents(node: Node) -> list[Node]:
    return node.value if node.is_list() else [node]


def _find(parent: Node, child: Path, chain: tuple[Path, ...], library: Library) -> Path:
    """Return the file that an ``extends`` in ``child`` names."""
    name, files = parent.value, library.files
    if not isinstance(name, str):
        raise ConfigError([Problem("names a file, or a list of files", "extends", parent.source)])
    if name.startswith(PRESET):
        presets = library.package_file("presets")
        path = presets / f"{name.removeprefix(PRESET)}.yaml"
        if not files.is_file(path):
            options = [PRESET + file.stem for file in files.below(presets)]
            message = f"no preset {name!r}{did_you_mean(name, options)}"
            raise ConfigError([Problem(message, "extends", parent.source, options=tuple(options))])
        return path
    path = (child.parent / name).resolve()
    if not files.is_file(path):
        near = [str(file.relative_to(child.parent)) for file in files.below(child.parent)]
        message = f"no file {files.show(path)}{did_you_mean(name, near)}; paths in extends are relative to their file"
        raise ConfigError([Problem(message, "extends", parent.source)])
    if path in chain:
        loop = " -> ".join(files.show(file) for file in (*chain[chain.index(path) :], path))
        raise ConfigError([Problem(f"files extend each other in a circle: {loop}", "extends", parent.source)])
    return path

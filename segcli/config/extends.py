"""Turn a file and all that it extends into layers, lowest first.

``extends`` may stand at any mapping level and names files relative to its own file, or ``segcli:NAME`` for a fragment
that ships with the package. A parent is applied once per place, where it first appears, so that two parents may share a
grandparent without the second undoing what the first changed; a file of the command line always is.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from segcli.config import trust
from segcli.config.errors import MAX_PROBLEMS, ConfigError, Problem, did_you_mean, shorten, shown
from segcli.config.library import KEYS, Library, Place
from segcli.config.loader import MOST_CHARACTERS, MOST_LEVELS, load_file
from segcli.config.merge import Merger
from segcli.config.node import MappingNode, Node, SequenceNode, dotted, mapping
from segcli.config.node import Path as KeyPath

PRESET = "segcli:"
DEFAULTS = "defaults.yaml"
SUFFIXES = (".yaml", ".yml")
MOST_FILES = 500
"""How many files an experiment may consist of, one that is applied at several places counted again."""
MOST_IN_A_ROW = 40
"""How many files may extend one another."""
_MOST_SUGGESTIONS = 5000


@dataclass
class _Budget:
    """What may still be read of one experiment."""

    files: int = MOST_FILES
    characters: int = MOST_CHARACTERS

    def take(self, characters: int) -> None:
        """Count a file.

        Raises:
            ConfigError: If the experiment has too many, or they are too long together.
        """
        self.files, self.characters = self.files - 1, self.characters - characters
        if self.files < 0:
            raise ConfigError([Problem(f"extends more than {MOST_FILES} files, one at each place counted")])
        if self.characters < 0:
            raise ConfigError([Problem(f"the files together are longer than {MOST_CHARACTERS:,} characters")])


class Layers:
    """Collects the layers of one or several files.

    Args:
        library: Gives the files and the places of the tree.
        within: What an element of a list belongs to, whose parents may be anything; None for an experiment.

    Attributes:
        layers: Mappings from the top level down, lowest first.
        files: Every file read, in order.
        problems: Files that are missing or no experiments, and extend each other in a circle.
    """

    _budget: _Budget

    def __init__(self, library: Library, within: "Layers | None" = None) -> None:
        self._library = library
        self._budget = within._budget if within is not None else _Budget()
        self._is_element = within is not None
        self.problems: list[Problem] = []
        self.layers: list[MappingNode] = []
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
            node = self._loaded(path, at)
        except ConfigError as error:
            self.problems += error.problems
            return
        self.add_node(node, path, at, (*chain, path))

    def _loaded(self, path: Path, at: KeyPath) -> MappingNode:
        files = self._library.files
        where = files.show(path)
        if not trust.may_read(path):
            raise ConfigError([Problem(f"{where} lies outside the repository; {trust.FLAG} does not read it")])
        node = load_file(path, files)
        self._budget.take(files.size(path))
        if not _is_experiment(node, path, bool(at) or self._is_element):
            known = ", ".join(sorted(KEYS))
            raise ConfigError([Problem(f"{where} is no experiment: most of its keys are none of {known}")])
        return node

    def add_node(self, node: MappingNode, path: Path, at: KeyPath = (), chain: tuple[Path, ...] = ()) -> None:
        """Add a mapping that was read from ``path``, below it all that it extends."""
        self._add_parents(node, path, at, chain)
        for key in reversed(at):
            node = mapping({key: node}, node.source)
        self.layers.append(node)

    def _add_parents(self, node: Node, path: Path, at: KeyPath, chain: tuple[Path, ...]) -> None:
        """Add what ``node`` and the mappings inside it extend, and drop their ``extends``."""
        if len(at) > MOST_LEVELS:
            self.problems.append(Problem(f"nests deeper than {MOST_LEVELS} levels", dotted(at), node.source))
            return
        if isinstance(node, SequenceNode):
            node.value[:] = [self._resolved(item, path, chain) for item in node.value]
        if not isinstance(node, MappingNode):
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
        if not isinstance(item, MappingNode):
            return item
        inner, merger = Layers(self._library, self), Merger()
        inner.add_node(item, path, (), chain)
        self.files += [file for file in inner.files if file not in self.files]
        tree: Node = inner.layers[0]
        for layer in inner.layers[1:]:
            tree = merger.merge(tree, layer, Place(self._library))
        self.problems += [*inner.problems, *merger.problems]
        return tree


def _parents(node: Node) -> list[Node]:
    return node.value if isinstance(node, SequenceNode) else [node]


def _find(parent: Node, child: Path, chain: tuple[Path, ...], library: Library) -> Path:
    """Return the file that an ``extends`` in ``child`` names."""
    name = parent.value
    if not isinstance(name, str):
        raise ConfigError([Problem("names a file, or a list of files", "extends", parent.source)])
    if name.startswith(PRESET):
        try:
            return preset_file(name, library)
        except ConfigError as error:
            raise ConfigError([replace(each, key="extends", source=parent.source) for each in error.problems]) from None
    try:
        path = (child.parent / name).resolve()
    except (OSError, ValueError, RuntimeError):  # a null character, or links in a circle
        raise ConfigError([Problem(f"no file {shown(name)}", "extends", parent.source)]) from None
    problem = _problem(name, path, child, chain, library)
    if problem:
        raise ConfigError([Problem(problem, "extends", parent.source)])
    return path


def preset_file(name: str, library: Library) -> Path:
    """Return the file of a preset.

    Args:
        name: Of the preset, such as ``segcli:own_folder``.
        library: Has the files of the package.

    Raises:
        ConfigError: If there is none of that name; the message lists all.
    """
    presets = library.package_file("presets")
    path = presets / f"{name.removeprefix(PRESET)}.yaml"
    if library.files.is_file(path) and path.resolve().is_relative_to(presets):
        return path
    options = preset_names(library)
    raise ConfigError([Problem(f"no preset {shown(name)}{did_you_mean(name, options)}", options=options)])


def preset_names(library: Library) -> tuple[str, ...]:
    """Return what all presets are called, those in folders with them: ``segcli:data/cityscapes``.

    Args:
        library: Has the files of the package.
    """
    files = library.files.below(library.package_file("presets"))
    return tuple(name for file in files if (name := preset_name(file, library)) is not None)


def preset_name(file: Path, library: Library) -> str | None:
    """Return what a file is called as a preset; None if it is none.

    Args:
        file: Of an experiment.
        library: Has the files of the package.
    """
    presets = library.package_file("presets")
    if not file.resolve().is_relative_to(presets):
        return None
    return PRESET + file.resolve().relative_to(presets).with_suffix("").as_posix()


def _problem(name: str, path: Path, child: Path, chain: tuple[Path, ...], library: Library) -> str:
    """Return why a file cannot be a parent; nothing if it can."""
    files = library.files
    if not trust.may_read(path):
        return f"{shorten(name)} lies outside the repository; {trust.FLAG} does not read it"
    if not files.is_file(path):
        folder = f"{child.parent}{os.sep}"
        near = [text.removeprefix(folder) for text in files.texts_below(child.parent, SUFFIXES, _MOST_SUGGESTIONS)]
        missing = shorten(files.show(path))
        return f"no file {missing}{did_you_mean(name, near)}; paths in extends are relative to their file"
    if path in chain:
        loop = " -> ".join(files.show(file) for file in (*chain[chain.index(path) :], path))
        return f"files extend each other in a circle: {shorten(loop)}"
    if len(chain) > MOST_IN_A_ROW:
        return f"more than {MOST_IN_A_ROW} files extend one another"
    return ""


def _is_experiment(node: MappingNode, path: Path, is_part: bool) -> bool:
    """Return whether a file is one, so that messages may show what it says.

    At the top level, most of its keys are those of experiments or nearly so; elsewhere, its name says so.
    """
    if is_part:
        return path.suffix in SUFFIXES
    keys = [str(key).removesuffix("+") for key in node.value][:MAX_PROBLEMS]
    known = [key for key in keys if key in KEYS or did_you_mean(key, KEYS)]
    return 2 * len(known) >= len(keys)

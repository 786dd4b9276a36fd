"""Drop from an experiment's text every key whose removal leaves the composed experiment as it is.

Correct by construction: keys are cut out of the text one by one, a mapping before the keys in it and variables last,
and after each cut the text is composed again in the file's place. A cut that changes a value, a type or the order of
keys is undone. ``extends``, and so every mapping that contains it, stays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from segcli.config.component import leads_to_arguments
from segcli.config.compose import Experiment, compose
from segcli.config.dumper import dump
from segcli.config.environment import with_references
from segcli.config.errors import ConfigError
from segcli.config.extends import Layers
from segcli.config.files import Files
from segcli.config.library import Library
from segcli.config.loader import MERGE, load_text, read_yaml
from segcli.config.node import ComponentNode, MappingNode, Node, Source, dotted, lookup
from segcli.config.node import Path as KeyPath
from segcli.config.spans import Entry, entries, without


@dataclass(frozen=True)
class Dropped:
    """A key that is not needed.

    Attributes:
        key: Dotted key.
        value: What it said.
        source: Who says the same; None if nobody does and the key changed nothing.
    """

    key: str
    value: object
    source: Source | None


@dataclass(frozen=True)
class Minimized:
    """What remains of a file.

    Attributes:
        text: Its text.
        dropped: What it did not need, in the order of dropping.
    """

    text: str
    dropped: tuple[Dropped, ...]


def minimize(path: Path) -> Minimized:
    """Return what remains of a file if all that equals its parents is dropped; the file is not changed.

    Args:
        path: An experiment or a fragment. Files that extend it are not looked at.

    Raises:
        ConfigError: If the file does not compose.
    """
    draft = _Draft(path.resolve())
    library = Library(draft)
    wanted = _exact(compose([draft.path], checked=False, library=library))
    for top in (draft.child, draft.path):
        cutter = _Cutter(draft, library, wanted, top)
        cutter.cut()
        if _composes_to(wanted, draft.path, library):
            break
    composed, layers = compose([draft.path], checked=False, library=library), Layers(library)
    layers.add_file(draft.path)
    dropped = []
    for keys, value in cutter.dropped:
        source = _source(layers.layers if keys[0] == "vars" else [composed.root], keys)
        dropped.append(
            Dropped(_name(keys), value, None if source and source.where == draft.show(draft.path) else source)
        )
    return Minimized(draft.text, tuple(dropped))


class _Draft(Files):
    """The files on disk, one of them with another text, and a file that only extends that one.

    Seen from its child, the file may hold a variable that nothing refers to any more, until that is dropped as well.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.child = path, path.with_name(f".{path.name}.child")
        self.text = read_yaml(path, Files()) if path.is_file() else ""

    def size(self, path: Path) -> int:
        return len(self.read_text(path))

    def read_text(self, path: Path) -> str:
        if path == self.child:
            return dump({"extends": str(self.path)})
        return self.text if path == self.path else super().read_text(path)


class _Cutter:
    """Cuts keys out of a draft until none can go.

    Attributes:
        dropped: Path and value of every key that went.
    """

    def __init__(self, draft: _Draft, library: Library, wanted: str, top: Path) -> None:
        self._draft, self._library, self._wanted, self._top = draft, library, wanted, top
        draft.text = read_yaml(draft.path, Files())
        self.dropped: list[tuple[KeyPath, object]] = []

    def cut(self) -> None:
        """Go over all keys until nothing more can be dropped."""
        while self._pass():
            pass

    def _pass(self) -> bool:
        tried: set[KeyPath] = set()
        count = len(self.dropped)
        found = _candidates(self._draft.text)
        while entry := next((e for e in found if e.path not in tried), None):
            tried.add(entry.path)
            if self._drop(entry):
                found = _candidates(self._draft.text)
        return len(self.dropped) > count

    def _drop(self, entry: Entry) -> bool:
        text, shorter = self._draft.text, without(self._draft.text, entry)
        if shorter is None:
            return False
        self._draft.text = shorter
        if not _composes_to(self._wanted, self._top, self._library):
            self._draft.text = text
            return False
        self.dropped += _leaves(_at(load_text(text, ""), entry.path), entry.path)
        return True


def _candidates(text: str) -> list[Entry]:
    """Return the entries that may go, variables last."""
    found = entries(text)
    kept = {entry.path[:n] for entry in found if entry.path[-1] == "extends" for n in range(1, len(entry.path) + 1)}
    alone = [entry for entry in found if entry.path not in kept and (not entry.is_only or len(entry.path) == 1)]
    free = [entry for entry in alone if MERGE not in entry.path]
    return sorted(free, key=lambda entry: entry.path[0] == "vars")


def _exact(experiment: Experiment) -> str:
    """Return a text that tells apart what ``==`` does not: 1, 1.0 and true, and the order of keys."""
    return repr((experiment.plain(), with_references(experiment.root).plain()))


def _composes_to(wanted: str, path: Path, library: Library) -> bool:
    try:
        return _exact(compose([path], checked=False, library=library)) == wanted
    except ConfigError:
        return False


def _at(root: Node, path: KeyPath) -> Node:
    for key in path:
        root = dict(root.children())[key]
    return root


def _leaves(node: Node, path: KeyPath) -> Iterator[tuple[KeyPath, object]]:
    """Yield path and value of all that a dropped entry said; lists are taken whole."""
    if isinstance(node, MappingNode) and node.value:
        for key, child in node.value.items():
            yield from _leaves(child, (*path, key))
    else:
        yield path, node.plain()


def _name(path: KeyPath) -> str:
    return ".".join(filter(None, (dotted(path), str(path[-1]) if leads_to_arguments(path) else "")))


def _source(layers: Sequence[Node], path: KeyPath) -> Source | None:
    """Return who gives a key its value in the highest of some layers that has it."""
    found = (lookup(layer, path) for layer in reversed(layers)) if not leads_to_arguments(path) else ()
    node = next((node for node in found if node is not None), None)
    if isinstance(node, ComponentNode):
        node = node.cls
    return node.source if node is not None else None

"""The tree of an experiment: every value remembers who set it, and over whom.

A node is a scalar, a sequence, a mapping or, of mappings, a component: a class and its arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

from segcli.config.component import ARGUMENTS, CLASS, flat_path
from segcli.config.references import Reference

_ODD_KEY = re.compile(r"[-+.\d].*|None|True|False|inf|nan")
"""How a key looks that may stand for one that is no text."""
Key = str | int | float | bool | None
Plain = str | int | float | bool | None
Path = tuple[Key, ...]


class Source(NamedTuple):
    """Where a value was written.

    Attributes:
        where: File as shown to the user, or the flag on the command line.
        line: Line in the file, counted from 1; None for flags.
    """

    where: str
    line: int | None = None

    def __str__(self) -> str:
        return self.where if self.line is None else f"{self.where}:{self.line}"


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """One value of the tree: a :class:`ScalarNode`, :class:`SequenceNode`, :class:`MappingNode` or a component.

    Attributes:
        value: A scalar, a mapping of nodes or a list of nodes.
        source: Who set it.
        over: The node that it replaced, which may itself have replaced one.
        tag: ``"del"``, ``"replace"`` or empty, as written before the value.
        text: The interpolation that gave the value, where there was one.
        refs: Key and node of everything that the interpolation refers to.
        written: How the value was spelt, where YAML reads something else than text into it, and a type may want text.
        key: How its key was spelt, where YAML reads something else than text into that.
        fault: Why what was typed is no YAML; empty where it is.
        reference: What refers to the environment, where the value depends on that.
        has_alias: Whether an alias elsewhere in the file stands for it.
    """

    value: Value
    source: Source
    over: Node | None = None
    tag: str = ""
    text: str | None = None
    refs: tuple[tuple[str, Node], ...] = ()
    written: str | None = None
    key: str | None = None
    fault: str = ""
    reference: Reference | None = None
    has_alias: bool = False

    def __repr__(self) -> str:
        return repr(self.plain())

    @overload
    def laid_over(self, base: Node | None, value: dict[Key, Node]) -> MappingNode: ...
    @overload
    def laid_over(self, base: Node | None, value: list[Node]) -> SequenceNode: ...
    @overload
    def laid_over(self, base: Node | None, value: Plain) -> ScalarNode: ...
    @overload
    def laid_over(self, base: Node | None, value: Value) -> Node: ...
    def laid_over(self, base: Node | None, value: Value) -> Node:
        """Return this node with another value, remembering what lies below it."""
        same = (self.text, self.refs, self.written, self.key, self.fault, self.reference, self.has_alias)
        return _kind(value)(value, self.source, base or self.over, "", *same)

    def become(self, value: Value) -> None:
        """Take another value, in place: for whoever holds or lies over this node, it is a node of that kind."""
        self.value = value
        self.__class__ = _kind(value)

    def children(self) -> Iterator[tuple[Key, Node]]:
        """Yield key, or index, and node of what is in it."""
        return iter(())

    def is_aliased(self) -> bool:
        """Return whether an alias stands for this value, or for one inside it."""
        return self.has_alias or any(child.is_aliased() for _, child in self.children())

    def is_open(self) -> bool:
        """Return whether an interpolation was left as it stands, since it reads more than the experiment."""
        return self.text is not None and self.text == self.value

    def referring(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        """Yield path and node of everything that depends on the environment, the outermost of each."""
        if self.reference is not None:
            yield path, self
        else:
            for key, child in self.children():
                yield from child.referring((*path, key))

    def plain(self) -> Any:
        """Return the values alone, as nested dicts and lists."""
        return self.value

    def leaves(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        """Yield path and node of every scalar and every empty container, in order."""
        if isinstance(self.value, dict | list) and self.value:
            for key, child in self.children():
                yield from child.leaves((*path, key))
        else:
            yield path, self


class ScalarNode(Node):
    """A text, a number, a boolean or null."""

    __slots__ = ()
    value: Plain


class SequenceNode(Node):
    """A list."""

    __slots__ = ()
    value: list[Node]

    def children(self) -> Iterator[tuple[Key, Node]]:
        """Yield index and node of every element."""
        return enumerate(self.value)

    def plain(self) -> Any:
        """Return the values alone."""
        return [child.plain() for child in self.value]


class MappingNode(Node):
    """A mapping; one without a class may hold arguments that a component's class is to be given to."""

    __slots__ = ()
    value: dict[Key, Node]

    def children(self) -> Iterator[tuple[Key, Node]]:
        """Yield key and node of every field."""
        return iter(self.value.items())

    def plain(self) -> Any:
        """Return the values alone."""
        return {key: child.plain() for key, child in self.value.items()}

    @property
    def inner(self) -> Node | None:
        """The mapping of the arguments, as written; None where they stand beside the class, or there are none."""
        return self.value.get(ARGUMENTS)

    @property
    def arguments(self) -> dict[Key, Node]:
        """The arguments in :attr:`inner`; empty where that is no mapping."""
        inner = self.inner
        return inner.value if isinstance(inner, MappingNode) else {}

    @property
    def beside(self) -> dict[Key, Node]:
        """What stands beside :attr:`inner` and the class."""
        return {key: child for key, child in self.value.items() if key not in (CLASS, ARGUMENTS)}

    @property
    def fields(self) -> dict[Key, Node]:
        """What users see in it: the arguments of a component, else all."""
        return self.arguments if self.inner is not None else self.value


class ComponentNode(MappingNode):
    """A class with its arguments."""

    __slots__ = ()

    @property
    def cls(self) -> Node:
        """The name of the class, which in an experiment with mistakes may be no text."""
        return self.value[CLASS]

    @property
    def name(self) -> str:
        """The name of the class, as written."""
        return str(self.cls.value)


Value = Plain | list[Node] | dict[Key, Node]


def _kind(value: Value) -> type[Node]:
    if isinstance(value, dict):
        return ComponentNode if CLASS in value else MappingNode
    return SequenceNode if isinstance(value, list) else ScalarNode


def mapping(fields: dict[Key, Node], source: Source) -> MappingNode:
    """Return a mapping; with a class among its fields, a component."""
    return (ComponentNode if CLASS in fields else MappingNode)(fields, source)


def component_fields(cls: Node | None, arguments: Node | None) -> dict[Key, Node]:
    """Return the fields of a component; without a class, of arguments that wait for one."""
    found: dict[Key, Node | None] = {CLASS: cls, ARGUMENTS: arguments}
    return {key: node for key, node in found.items() if node is not None}


def flat_fields(cls: Node, arguments: dict[Key, Node]) -> dict[Key, Node]:
    """Return the fields of a component whose arguments stand beside its class, as people write it."""
    return {CLASS: cls, **arguments}


@overload
def from_plain(value: dict[Any, Any], source: Source) -> MappingNode: ...
@overload
def from_plain(value: object, source: Source) -> Node: ...
def from_plain(value: Any, source: Source) -> Node:
    """Wrap nested dicts, lists and scalars, all set by one source."""
    if isinstance(value, dict):
        return mapping({key: from_plain(child, source) for key, child in value.items()}, source)
    if isinstance(value, list | tuple):
        return SequenceNode([from_plain(child, source) for child in value], source)
    return ScalarNode(value, source)


def dotted(path: Path) -> str:
    """Write a path as users do: ``model.decoder.dropout``, without what leads to arguments."""
    return ".".join(map(_word, flat_path(path)))


def _word(key: Key) -> str:
    return "null" if key is None else str(key).lower() if isinstance(key, bool) else str(key)


def spelt_like(key: Key, fields: Mapping[Key, object]) -> Key:
    """Return the key of a mapping that reads like another, as ``0`` and ``"0"`` do; else that other itself."""
    if isinstance(key, str) and (key in fields or _ODD_KEY.fullmatch(key) is None):
        return key
    if type(key) is int and key not in (0, 1):  # which are equal to False and True
        return str(key) if key not in fields and str(key) in fields else key
    return next((each for each in fields if str(each) == str(key)), key)


def lookup(root: Node, path: Path) -> Node | None:
    """Return the node at a path, which may leave out what leads to arguments, and have indices as text; else None."""
    node = root
    for key in path:
        if isinstance(node, SequenceNode):
            if not str(key).isdigit() or int(str(key)) >= len(node.value):
                return None
            node = node.value[int(str(key))]
            continue
        if not isinstance(node, MappingNode):
            return None
        fields = node.value
        if key not in fields and key != ARGUMENTS:
            fields = node.fields
        match = spelt_like(key, fields)
        if match not in fields:
            return None
        node = fields[match]
    return node

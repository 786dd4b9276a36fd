"""The tree of an experiment: every value remembers who set it, and over whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from segcli.config.references import Reference

_ODD_KEY = re.compile(r"[-+.\d].*|None|True|False|inf|nan")
"""How a key looks that may stand for one that is no text."""
Key = str | int | float | bool | None
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
    """One value of the tree.

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

    value: Any
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

    def is_mapping(self) -> bool:
        """Return whether this is a mapping."""
        return isinstance(self.value, dict)

    def is_list(self) -> bool:
        """Return whether this is a list."""
        return isinstance(self.value, list)

    def laid_over(self, base: Node | None, value: Any) -> Node:
        """Return this node with another value, remembering what lies below it."""
        return replace(self, value=value, over=base or self.over, tag="")

    def is_aliased(self) -> bool:
        """Return whether an alias stands for this value, or for one inside it."""
        inner = self.value.values() if isinstance(self.value, dict) else self.value if self.is_list() else ()
        return self.has_alias or any(child.is_aliased() for child in inner)

    def is_open(self) -> bool:
        """Return whether an interpolation was left as it stands, since it reads more than the experiment."""
        return self.text is not None and self.text == self.value

    def referring(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        """Yield path and node of everything that depends on the environment, the outermost of each."""
        if self.reference is not None:
            yield path, self
        elif isinstance(self.value, dict | list):
            items = self.value.items() if isinstance(self.value, dict) else enumerate(self.value)
            for key, child in items:
                yield from child.referring((*path, key))

    def plain(self) -> Any:
        """Return the values alone, as nested dicts and lists."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def leaves(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        """Yield path and node of every scalar and every empty container, in order."""
        if isinstance(self.value, dict | list) and self.value:
            items = self.value.items() if isinstance(self.value, dict) else enumerate(self.value)
            for key, child in items:
                yield from child.leaves((*path, key))
        else:
            yield path, self


def from_plain(value: Any, source: Source) -> Node:
    """Wrap nested dicts, lists and scalars, all set by one source."""
    if isinstance(value, dict):
        return Node({key: from_plain(child, source) for key, child in value.items()}, source)
    if isinstance(value, list | tuple):
        return Node([from_plain(child, source) for child in value], source)
    return Node(value, source)


def dotted(path: Path) -> str:
    """Write a path as users do: ``model.decoder.dropout``, without ``init_args``."""
    return ".".join(_word(key) for key in path if key != "init_args")


def _word(key: Key) -> str:
    return "null" if key is None else str(key).lower() if isinstance(key, bool) else str(key)


def spelt_like(key: Key, fields: Mapping[Key, Any]) -> Key:
    """Return the key of a mapping that reads like another, as ``0`` and ``"0"`` do; else that other itself."""
    if isinstance(key, str) and (key in fields or _ODD_KEY.fullmatch(key) is None):
        return key
    if type(key) is int and key not in (0, 1):  # which are equal to False and True
        return str(key) if key not in fields and str(key) in fields else key
    return next((each for each in fields if str(each) == str(key)), key)


def lookup(root: Node, path: Path) -> Node | None:
    """Return the node at ``path``, where ``init_args`` may be left out and indices may be strings; else None."""
    node = root
    for key in path:
        if isinstance(node.value, list):
            if not str(key).isdigit() or int(str(key)) >= len(node.value):
                return None
            node = node.value[int(str(key))]
            continue
        if not isinstance(node.value, dict):
            return None
        fields = node.value
        if key not in fields and "init_args" in fields and key != "init_args":
            fields = fields["init_args"].value
        match = spelt_like(key, fields)
        if match not in fields:
            return None
        node = fields[match]
    return node

"""Read YAML as version 1.2 has it, keeping the line of every value.

Differences to PyYAML: a duplicate key is an error, also of one argument in two forms; ``no``, ``on`` and ``yes`` are
strings; ``1e-3`` is a float. Merge keys (``<<``) are those of YAML 1.1. The tags ``!del`` and ``!replace`` are kept for
merging; any other tag is an error. A value that is not text remembers how it was spelt, for arguments of type ``str``.
"""

import re
from pathlib import Path

from segcli.config.component import TWICE
from segcli.config.errors import ConfigError, Problem
from segcli.config.files import Files
from segcli.config.node import (
    Key,
    MappingNode,
    Node,
    Plain,
    ScalarNode,
    SequenceNode,
    Source,
    mapping,
    spelt_like,
)
from segcli.config.yaml_events import Item, YamlError, read_items

MOST_VALUES = 50_000
"""How many values one text may unfold to; the largest experiments have some hundreds."""
MOST_LEVELS = 64
"""How deep one text may nest."""
MOST_CHARACTERS = 1_000_000
"""How long a text may be."""
MERGE = "<<"
_NO_TEXT, _ZERO = "has characters that are no text in UTF-8", "has the character \\0, which no name or path can have"
_TAGS = {"!del": "del", "!replace": "replace"}
_CORE = {None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MOST_DIGITS = 250
"""Of an integer that is read at all: Python refuses to convert those of more than 4,300."""
_LARGEST = 2**63 - 1
"""Integer that is read as one: a larger one is no count, size or seed, and ends in an overflow in torch or Python."""


def scalar(text: str) -> Plain:
    """Return what a plain YAML 1.2 scalar stands for: None, a boolean, an int, a float or the text itself."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return _integer(text, 10)
    if _BASED.fullmatch(text):
        return _integer(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", "", 1))
    return text


def _integer(text: str, base: int) -> int | str:
    number = int(text, base) if len(text) <= _MOST_DIGITS else None
    return text if number is None or abs(number) > _LARGEST else number


def is_utf8(text: str) -> bool:
    """Return whether a text can be written as UTF-8: halves of characters, and bytes of other encodings, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def load_text(text: str, where: str, first_line: int | None = 1, quotes: bool = True) -> Node:
    """Parse YAML text.

    Args:
        text: The YAML.
        where: File or flag, for messages.
        first_line: Line number of the first line; None gives sources without lines, as for flags.
        quotes: Whether errors may quote the text.

    Raises:
        ConfigError: If it is not YAML, a key stands twice, a tag is unknown, or it is longer or deeper than any
            experiment, aliases unfolded.
    """
    return _Reader(where, first_line, quotes).read(text)[0]


def load_typed(text: str, flag: str) -> Node:
    """Parse what follows a flag: YAML if it is that, and always the text as typed, enclosing quotes taken off.

    Args:
        text: What was typed.
        flag: The flag, for messages.
    """
    if not is_utf8(text):
        raise ConfigError([Problem(_NO_TEXT, source=Source(flag))])
    try:
        node, root = _Reader(flag, None, True).read(text)
    except ConfigError as error:
        fault = error.problems[0].message
        return ScalarNode(text, Source(flag), written=text, fault=fault)
    if node.tag or (root is not None and root.is_quoted and root.end == len(text.rstrip())):
        return node
    node.written = None if node.value == text else text
    return node


def load_file(path: Path, files: Files) -> MappingNode:
    """Parse a YAML file whose top level is a mapping.

    Args:
        path: The file.
        files: Where its text comes from.

    Raises:
        ConfigError: If the file is missing, unreadable, not YAML or not a mapping.
    """
    where = files.show(path)
    node = load_text(read_yaml(path, files), where, quotes=path.suffix in (".yaml", ".yml"))
    if node.value is None:
        return MappingNode({}, node.source)
    if not isinstance(node, MappingNode):
        raise ConfigError([Problem("an experiment is a mapping (key: value)", source=node.source)])
    return node


def read_yaml(path: Path, files: Files) -> str:
    """Return the text of a YAML file.

    Raises:
        ConfigError: If it is missing, unreadable, not UTF-8 or too long.
    """
    where = files.show(path)
    try:
        if files.size(path) > MOST_CHARACTERS:
            raise ConfigError([Problem(f"{where} is no experiment: it is longer than {MOST_CHARACTERS:,} bytes")])
        return files.read_text(path).removeprefix("\ufeff")
    except (OSError, ValueError) as error:
        reason = (error.strerror or "no file") if isinstance(error, OSError) else "not UTF-8 text; save it as UTF-8"
        raise ConfigError([Problem(f"cannot read {where}: {reason}")]) from None


class _Reader:
    """Turns one YAML text into a tree."""

    def __init__(self, where: str, first_line: int | None, quotes: bool) -> None:
        self.where, self.first_line, self.quotes = where, first_line, quotes
        self.problems: list[Problem] = []
        self.count = 0

    def read(self, text: str) -> tuple[Node, Item | None]:
        """Return the tree, and the syntax of its root."""
        try:
            root = read_items(text, MOST_LEVELS, MOST_VALUES, MOST_CHARACTERS)
        except YamlError as error:
            what = str(error) + (f": {error.detail}" if error.detail and self.quotes else "")
            raise ConfigError([Problem(what, source=self.source(error.line))]) from None
        if root is None:
            return ScalarNode(None, Source(self.where, self.first_line)), None
        tree = self.convert(root, self.source(root.line), 0)
        if self.problems:
            raise ConfigError(list(dict.fromkeys(self.problems)))
        return tree, root

    def source(self, line: int | None) -> Source:
        if self.first_line is None or line is None:
            return Source(self.where)
        return Source(self.where, line + self.first_line)

    def convert(self, item: Item, origin: Source, depth: int) -> Node:
        self.count += 1
        if self.count > MOST_VALUES or depth > MOST_LEVELS:
            limit = f"more than {MOST_VALUES:,} values" if depth <= MOST_LEVELS else f"more than {MOST_LEVELS} levels"
            raise ConfigError([Problem(f"unfolds to {limit}; an experiment has some hundred values", source=origin)])
        if item.tag not in _CORE and item.tag not in _TAGS:
            name = item.tag if self.quotes else "here"
            self.problems.append(Problem(f"unknown tag {name}; only !del and !replace exist", source=origin))
        tag = _TAGS.get(item.tag or "", "")
        if isinstance(item.value, str):
            if "\0" in item.value:
                self.problems.append(Problem(_ZERO, source=origin))
            value = scalar(item.value) if item.is_plain else item.value
            written = None if isinstance(value, str) else item.value
            return ScalarNode(value, origin, tag=tag, written=written, has_alias=item.has_alias)
        if item.is_mapping:
            return self.mapping(item, origin, tag, depth)
        items = [self.convert(each, self.source(each.line), depth + 1) for each in item.value]
        return SequenceNode(items, origin, tag=tag, has_alias=item.has_alias)

    def mapping(self, item: Item, origin: Source, tag: str, depth: int) -> MappingNode:
        node = mapping(self.fields(item, depth), origin)
        node.tag, node.has_alias = tag, item.has_alias
        return node

    def fields(self, item: Item, depth: int) -> dict[Key, Node]:
        own: dict[Key, Node] = {}
        merged: dict[Key, Node] = {}
        for key_item, value in item.pairs:
            at = self.source(key_item.line)
            if not isinstance(key_item.value, str):
                self.problems.append(Problem("a key must be a word or a number", source=at))
                continue
            if key_item.is_plain and key_item.value == MERGE:
                if merged:
                    self.twice(MERGE, at, at)
                merged = self.merged(value, at, depth)
                continue
            key = scalar(key_item.value) if key_item.is_plain else key_item.value
            like = spelt_like(key, own)
            if like in own:
                self.twice(key, at, own[like].source)
            own[key] = self.convert(value, at, depth + 1)
            own[key].key = None if isinstance(key, str) else key_item.value
        self.check_arguments(mapping(own, self.source(item.line)))
        for key in own.keys() & merged.keys():
            own[key].over = merged[key]
        return merged | own

    def merged(self, item: Item, at: Source, depth: int) -> dict[Key, Node]:
        """Return the fields that a merge key brings; of several mappings, those of earlier ones win."""
        several = item.value if not item.is_mapping and not isinstance(item.value, str) else [item]
        found: dict[Key, Node] = {}
        for each in several:
            if not each.is_mapping:
                self.problems.append(Problem("<< takes a mapping, or a list of mappings", source=at))
                return {}
            for key, node in self.convert(each, self.source(each.line), depth + 1).children():
                found.setdefault(key, node)
        return found

    def check_arguments(self, node: MappingNode) -> None:
        """Refuse an argument that stands in both forms, the nested and the flat one."""
        beside = node.beside
        for key, argument in node.arguments.items():
            if key in beside and key != "extends":
                both = (beside[key].source, argument.source)
                first, second = sorted(both, key=lambda source: source.line or 0)
                self.twice(key, second, first, TWICE)

    def twice(self, key: Key, at: Source, first: Source, where: str = "in one mapping") -> None:
        name = str(key) if self.quotes else ""
        self.problems.append(Problem(f"key stands twice {where}", name, at, first))

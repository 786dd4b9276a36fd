"""Read YAML as version 1.2 has it, keeping the line of every value.

Differences to PyYAML: a duplicate key is an error; ``no``, ``on`` and ``yes`` are strings; ``1e-3`` is a float.
The tags ``!del`` and ``!replace`` are kept for merging; any other tag is an error.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from segcli.config.errors import ConfigError, Problem
from segcli.config.files import Files
from segcli.config.node import Node, Source

_PLAIN = "!plain"
_TAGS = {"!del": "del", "!replace": "replace"}
_CORE = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", _PLAIN}
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Marks plain scalars instead of resolving them by YAML 1.1."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  (PyYAML reads it from the class)


_Loader.add_implicit_resolver(_PLAIN, re.compile(".*", re.DOTALL), None)


def scalar(text: str) -> Any:
    """Return what a plain YAML 1.2 scalar stands for: None, a boolean, an int, a float or the text itself."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", "", 1))
    return text


def load_text(text: str, where: str, first_line: int | None = 1) -> Node:
    """Parse YAML text.

    Args:
        text: The YAML.
        where: File or flag, for messages.
        first_line: Line number of the first line; None gives sources without lines, as for flags.

    Raises:
        ConfigError: If it is not YAML, a key stands twice, or a tag is unknown.
    """

    def source(mark: Any) -> Source:
        return Source(where, None if first_line is None else mark.line + first_line)

    loader = _Loader(text)
    try:
        root = loader.get_single_node()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        what += _hint(text.splitlines()[mark.line - 1 : mark.line + 1] if mark else [])
        raise ConfigError(
            [Problem(f"not valid YAML: {what}", source=source(mark) if mark else Source(where))]
        ) from None
    finally:
        loader.dispose()
    if root is None:
        return Node(None, Source(where, first_line))
    problems: list[Problem] = []
    tree = _convert(root, source, source(root.start_mark), frozenset(), problems)
    if problems:
        raise ConfigError(problems)
    return tree


def _hint(lines: list[str]) -> str:
    """Return what to do about two mistakes that YAML's own messages do not explain."""
    near = "\n".join(lines)
    if "\t" in near:
        return "; indent with spaces, YAML allows no tabs"
    return "; inside braces, !del needs a space after it" if re.search(r"!del[,}\]]", near) else ""


def load_file(path: Path, files: Files) -> Node:
    """Parse a YAML file whose top level is a mapping.

    Args:
        path: The file.
        files: Where its text comes from.

    Raises:
        ConfigError: If the file is missing, unreadable, not YAML or not a mapping.
    """
    where = files.show(path)
    try:
        text = files.read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError([Problem(f"cannot read {where}: {reason}")]) from None
    node = load_text(text, where)
    if node.value is None:
        return Node({}, node.source)
    if not node.is_mapping():
        raise ConfigError([Problem("an experiment is a mapping (key: value)", source=node.source)])
    return node


def _convert(node: Any, source: Any, origin: Source, parents: frozenset[int], problems: list[Problem]) -> Node:
    if id(node) in parents:
        problems.append(Problem("an alias refers to a mapping that contains it", source=origin))
        return Node(None, origin)
    if node.tag not in _CORE and node.tag not in _TAGS:
        problems.append(Problem(f"unknown tag {node.tag}; only !del and !replace exist", source=origin))
    tag, parents = _TAGS.get(node.tag, ""), parents | {id(node)}
    if isinstance(node, yaml.ScalarNode):
        plain = node.tag == _PLAIN or (tag and node.style is None)
        return Node(scalar(node.value) if plain else node.value, origin, tag=tag)
    if isinstance(node, yaml.SequenceNode):
        items = [_convert(item, source, source(item.start_mark), parents, problems) for item in node.value]
        return Node(items, origin, tag=tag)
    fields: dict[Any, Node] = {}
    for key_node, value in node.value:
        at = source(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem("a key must be a word or a number", source=at))
            continue
        key = scalar(key_node.value) if key_node.tag == _PLAIN else key_node.value
        if key in fields:
            problems.append(Problem("key stands twice in one mapping", str(key), at, fields[key].source))
        fields[key] = _convert(value, source, at, parents, problems)
    return Node(fields, origin, tag=tag)

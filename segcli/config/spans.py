"""Where the keys of a YAML text stand in it, and the text without one of them.

Comments, order, flow style and quoting of what stays are kept, which writing a parsed tree anew would lose.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from segcli.config.errors import ConfigError, Problem
from segcli.config.loader import scalar
from segcli.config.node import Key, Path

_Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Entry:
    """One key of a mapping and its value, in the text.

    Attributes:
        path: Keys and indices from the top level down.
        start: Where the key begins.
        end: Behind the last character of the value.
        is_flow: Whether the mapping that it stands in is written in braces.
        before: End of the entry before it in the same mapping; None for the first.
        after: Start of the entry after it; None for the last.
        scalars: Start and end of the scalars in it that take several lines.
    """

    path: Path
    start: int
    end: int
    is_flow: bool
    before: int | None = None
    after: int | None = None
    scalars: _Ranges = ()

    @property
    def is_only(self) -> bool:
        """Whether its mapping has no other entry."""
        return self.before is None and self.after is None


def entries(text: str) -> list[Entry]:
    """Return every key of a YAML text, a mapping before the keys in it.

    Args:
        text: YAML that the loader reads without errors.

    Raises:
        ConfigError: If PyYAML's own parser, which knows positions, is stricter, as with a tab before a value.
    """
    reader = _Reader(text)
    try:
        reader.read(next(reader.events), ())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        message = f"cannot be minimized: {error.problem}; write line {line} without tabs"
        raise ConfigError([Problem(message)]) from None
    return sorted(reader.found, key=lambda entry: entry.start)


def without(text: str, entry: Entry) -> str | None:
    """Return a text without one of its entries; None where its layout does not let the entry be cut out.

    Whole lines go where the entry has them for itself, with the comment behind it; comments on lines of their own stay.
    """
    if entry.is_flow:
        return _without_flow(text, entry)
    first = text.rfind("\n", 0, entry.start) + 1
    indent = text[first : entry.start]
    if indent.strip():  # behind the dash of a list
        rest = None if entry.after is None else text[entry.end : entry.after]
        follows = rest is not None and re.fullmatch(r"[ \t]*(#[^\n]*)?\r?\n\s*", rest)
        return text[: entry.start] + text[entry.after :] if follows else None
    last = text.find("\n", entry.end) + 1 or len(text)
    comments = "".join(indent + line.lstrip() for line in _comments(text, first, last, entry.scalars))
    head, tail = text[:first] + comments, text[last:]
    if not comments and (not head or head.endswith("\n\n")):
        tail = tail.removeprefix("\n")
    return head + tail


def _without_flow(text: str, entry: Entry) -> str | None:
    if entry.after is not None:
        gap = text[entry.end : entry.after]
        comma = re.match(r"\s*,[ \t]*(#[^\n]*)?", gap)
        if comma is None:
            return None
        end = entry.end + comma.end() if gap[comma.end() :].strip() else entry.after
        return text[: entry.start] + text[end:]
    alone = entry.before is None or text[entry.before : entry.start].strip() != ","
    return text[: entry.start if alone else entry.before] + text[entry.end :]


def _comments(text: str, first: int, last: int, scalars: _Ranges) -> Iterator[str]:
    """Yield the full-line comments between two positions; a line inside a scalar is none."""
    at = first
    for line in text[first:last].splitlines(keepends=True):
        inside = any(start < at < end for start, end in scalars)
        if line.lstrip().startswith("#") and not inside:
            yield line
        at += len(line)


@dataclass
class _Reader:
    """Follows the events of one YAML document."""

    text: str
    found: list[Entry] = field(default_factory=list)
    scalars: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        opening = (yaml.StreamStartEvent, yaml.DocumentStartEvent)
        events = yaml.parse(self.text, Loader=yaml.SafeLoader)
        self.events: Iterator[Any] = (event for event in events if not isinstance(event, opening))

    def read(self, event: Any, path: Path) -> int:
        """Read the value that an event begins; return where it ends."""
        if isinstance(event, yaml.MappingStartEvent):
            return self._read_mapping(event, path)
        end = self._end(event)
        if isinstance(event, yaml.SequenceStartEvent):
            index = 0
            while not isinstance(item := next(self.events), yaml.SequenceEndEvent):
                end = self.read(item, (*path, index))
                index += 1
            return self._end(item) if event.flow_style else end
        if "\n" in self.text[event.start_mark.index : end]:
            self.scalars.append((event.start_mark.index, end))
        return end

    def _read_mapping(self, event: Any, path: Path) -> int:
        spans: list[tuple[Key, int, int, _Ranges]] = []
        while not isinstance(key := next(self.events), yaml.MappingEndEvent):
            count, start = len(self.scalars), key.start_mark.index
            self.read(key, ())
            name = _key(key)
            end = self.read(next(self.events), (*path, name))
            spans.append((name, start, end, tuple(self.scalars[count:])))
        for i, (name, start, end, scalars) in enumerate(spans):
            before = spans[i - 1][2] if i else None
            after = spans[i + 1][1] if i + 1 < len(spans) else None
            self.found.append(Entry((*path, name), start, end, bool(event.flow_style), before, after, scalars))
        return self._end(key) if event.flow_style or not spans else spans[-1][2]

    def _end(self, event: Any) -> int:
        """Return where an event ends; a block scalar's ends behind the line breaks that follow it."""
        start, end = event.start_mark.index, event.end_mark.index
        return max(start, len(self.text[:end].rstrip()))


def _key(event: Any) -> Key:
    if not isinstance(event, yaml.ScalarEvent):
        return None
    return scalar(event.value) if event.style is None and event.tag is None else event.value

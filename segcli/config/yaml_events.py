"""The syntax of a YAML text, read event by event: no depth or alias takes more memory than the text itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(ValueError):
    """A text is not YAML, or none that an experiment would be.

    Attributes:
        line: Where, counted from 0; None if that is not known.
        detail: A part of the reason that may quote the text.
    """

    def __init__(self, message: str, line: int | None = None, detail: str = "") -> None:
        super().__init__(message)
        self.line, self.detail = line, detail


@dataclass(eq=False, slots=True)
class Item:
    """One value as written.

    Attributes:
        value: The text of a scalar, or what a list or mapping holds; keys and values of a mapping take turns.
        line: Where it begins, counted from 0.
        end: Index of the character behind it.
        tag: Its tag, as far as it was written.
        is_mapping: Whether it is a mapping.
        is_plain: Whether it is a scalar whose text says what type it has.
        is_quoted: Whether it is a scalar in quotes.
        has_alias: Whether an alias stands for it.
    """

    value: "str | list[Item]"
    line: int
    end: int
    tag: str | None = None
    is_mapping: bool = False
    is_plain: bool = False
    is_quoted: bool = False
    has_alias: bool = False

    @property
    def pairs(self) -> "Iterator[tuple[Item, Item]]":
        """Keys and values of a mapping."""
        assert not isinstance(self.value, str)
        return zip(self.value[::2], self.value[1::2], strict=True)


def read_items(text: str, most_levels: int, most_values: int, most_characters: int) -> Item | None:
    """Return the root of a YAML text; None for an empty one. What an alias stands for is one object at both places.

    Args:
        text: The YAML.
        most_levels: How deep it may nest.
        most_values: How many values it may have, an alias counted as one.
        most_characters: How long it may be.

    Raises:
        YamlError: If it is not YAML, several documents, or longer or deeper than it may be.
    """
    if len(text) > most_characters:
        raise YamlError(f"too long for an experiment: more than {most_characters:,} characters")
    builder = _Builder(most_levels, most_values)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _explained(error, text) from None
    except yaml.reader.ReaderError as error:
        what = f"not valid YAML: it holds the character #x{ord(_character(error)):04x}, which YAML allows no text"
        found = text.find(_character(error))
        raise YamlError(what, text.count("\n", 0, found) if found >= 0 else None) from None
    except (yaml.YAMLError, UnicodeError):
        raise YamlError("not valid YAML: it holds characters that YAML allows no text") from None
    return builder.root


def _character(error: Any) -> str:
    found = error.character
    return chr(found) if isinstance(found, int) else found.decode("latin-1") if isinstance(found, bytes) else found


@dataclass
class _Builder:
    """Nests the events of one document.

    Attributes:
        root: The document.
    """

    most_levels: int
    most_values: int
    root: Item | None = None
    _count: int = 0
    _open: list[Item] = field(default_factory=list)
    _anchors: dict[str, Item] = field(default_factory=dict)

    def take(self, event: Any) -> None:
        """Take the next event.

        Raises:
            YamlError: If it cannot belong to an experiment.
        """
        line, end = event.start_mark.line, event.end_mark.index
        if isinstance(event, yaml.AliasEvent):
            item = self._anchors.get(str(event.anchor))
            if item is None:
                raise YamlError("not valid YAML: an alias refers to no anchor before it", line, f"*{event.anchor}")
            if any(item is each for each in self._open):
                raise YamlError("an alias refers to a mapping that contains it", line)
            item.has_alias = True
            self._add(item, line)
        elif isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0] or (not event.style and event.tag in ("!del", "!replace"))
            quoted = event.style in ("'", '"')
            tag = None if event.implicit[0] or event.implicit[1] else event.tag
            self._begin(event, Item(event.value, line, end, tag, False, plain, quoted))
        elif isinstance(event, yaml.CollectionStartEvent):
            tag, is_mapping = None if event.implicit else event.tag, isinstance(event, yaml.MappingStartEvent)
            item = Item([], line, end, tag, is_mapping)
            self._begin(event, item)
            self._open.append(item)
            if len(self._open) > self.most_levels:
                raise YamlError(f"nests deeper than {self.most_levels} levels", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop().end = end

    def _begin(self, event: Any, item: Item) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = item
        self._add(item, item.line)

    def _add(self, item: Item, line: int) -> None:
        self._count += 1
        if self._count > self.most_values:
            raise YamlError(f"holds more than {self.most_values:,} values; an experiment has some hundred", line)
        if self._open:
            parent = self._open[-1].value
            assert not isinstance(parent, str)
            parent.append(item)
        elif self.root is None:
            self.root = item
        else:
            raise YamlError("not valid YAML: a second document begins; an experiment is one", line)


def _explained(error: Any, text: str) -> YamlError:
    """Return PyYAML's reason, with what to do about mistakes that it does not explain."""
    mark = error.problem_mark or error.context_mark
    what = error.problem or error.context or "it cannot be read"
    line = mark.line if mark is not None else None
    near = "\n".join(text.splitlines()[max(0, line - 1) : line + 1]) if line is not None else ""
    hint = ""
    if "\t" in near:
        hint = "; indent with spaces, YAML allows no tabs"
    elif re.search(r"!del[,}\]]", near):
        hint = "; inside braces, !del needs a space after it"
    elif re.search(r":\s*\{[^{}]*\}[^\s,}\]#]", near):
        hint = "; put a text that begins with a brace into quotes"
    elif re.search(r"[{,]\s*#[0-9a-fA-F]{6}", near):
        hint = "; put colours into quotes: '#ff8000'"
    elif "cannot start any token" in what or "mapping values are not allowed" in what:
        hint = "; put a text with such a character into quotes"
    may_quote = any(len(part) > 1 for part in re.findall(r"'([^']*)'", what))
    return YamlError("not valid YAML" + (hint if may_quote else f": {what}{hint}"), line, what if may_quote else "")

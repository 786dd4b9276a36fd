"""Command-line overrides as a layer: ``--a.b.c value`` is ``{a: {b: {c: value}}}``."""

from collections.abc import Sequence
from dataclasses import dataclass

from segcli.config.component import flat_key, flat_path
from segcli.config.errors import ConfigError, Problem, shorten, shown
from segcli.config.loader import MOST_LEVELS, load_typed
from segcli.config.node import MappingNode, Node, Source, mapping


@dataclass(frozen=True)
class Override:
    """One ``--key value`` or ``--key=value``, as it was typed.

    Attributes:
        key: Dotted key, with a final ``+`` where it appends; empty where the word is none.
        value: Text of the value; None where there is none.
        words: The one or two words.
    """

    key: str
    value: str | None
    words: tuple[str, ...]

    @property
    def plain_key(self) -> str:
        """The key as experiments may write it, without what leads to arguments."""
        return flat_key(self.key)

    def without_value(self) -> Problem:
        """Return what is wrong with an override that has no value."""
        return Problem("has no value; write --key value, for switches --key true", self.key)


def take_override(rest: list[str]) -> Override:
    """Take the first override off a command line: one word, or two where the value is a word of its own.

    Args:
        rest: What is left of the command line, which is changed; a first word that is no ``--key`` is taken alone.
    """
    word = rest.pop(0)
    name, equals, value = word.partition("=")
    if not word.startswith("--"):
        return Override("", None, (word,))
    if equals:
        return Override(name.lstrip("-"), value, (word,))
    if not rest or rest[0].startswith("--") or rest[0] in ("-c", "-h"):
        return Override(name.lstrip("-"), None, (word,))
    return Override(name.lstrip("-"), rest[0], (word, rest.pop(0)))


def split_overrides(words: Sequence[str]) -> list[Override]:
    """Split overrides as they were typed, or as a passport keeps them."""
    rest, found = list(words), list[Override]()
    while rest:
        found.append(take_override(rest))
    return found


def parse_overrides(arguments: Sequence[str]) -> tuple[list[MappingNode], list[Problem]]:
    """Turn ``--a.b.c v``, ``--a.b.c=v`` and ``--a.b+ v`` into one layer each, in order.

    Returns:
        The layers, and what is wrong with arguments that are not of that form or have no value.
    """
    layers: list[MappingNode] = []
    problems: list[Problem] = []
    for override in split_overrides(arguments):
        flag = override.words[0]
        if not flag.startswith("--") or flag == "--":
            problems.append(Problem(f"unexpected argument {shown(flag)}; overrides are --key value, files are -c FILE"))
        elif override.value is None:
            problems.append(override.without_value())
        else:
            try:
                layers.append(_layer(flag.partition("=")[0], override.value))
            except ConfigError as error:
                problems += error.problems
    return layers, problems


def _layer(name: str, text: str) -> MappingNode:
    source = Source(name)
    keys = name[2:].split(".")
    if len(keys) > MOST_LEVELS:
        raise ConfigError([Problem(f"a key has more than {MOST_LEVELS} parts", source=Source(shorten(name)))])
    if not (name + text).isprintable() and any("\ud800" <= letter <= "\udfff" for letter in name + text):
        raise ConfigError([Problem("holds bytes that are not UTF-8 text", source=Source(ascii(name)[1:-1]))])
    node: Node = load_typed(text, name)
    if not all(keys):
        raise ConfigError([Problem("a key has an empty part; write --a.b.c value", source=source)])
    for key in reversed(flat_path(tuple(keys))):
        node = mapping({key: node}, source)
    if not isinstance(node, MappingNode):
        raise ConfigError([Problem("is no key of an experiment; write --a.b.c value", source=source)])
    return node

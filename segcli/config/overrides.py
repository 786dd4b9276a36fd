"""Command-line overrides as a layer: ``--a.b.c value`` is ``{a: {b: {c: value}}}``."""

from collections.abc import Sequence

from segcli.config.errors import ConfigError, Problem
from segcli.config.loader import load_text
from segcli.config.node import Node, Source


def parse_overrides(arguments: Sequence[str]) -> tuple[list[Node], list[Problem]]:
    """Turn ``--a.b.c v``, ``--a.b.c=v`` and ``--a.b+ v`` into one layer each, in order.

    Returns:
        The layers, and what is wrong with arguments that are not of that form or have no value.
    """
    layers: list[Node] = []
    problems: list[Problem] = []
    rest = list(arguments)
    while rest:
        flag = rest.pop(0)
        if not flag.startswith("--") or flag == "--":
            problems.append(Problem(f"unexpected argument {flag!r}; overrides are --key value, files are -c FILE"))
            continue
        name, equals, text = flag.partition("=")
        if not equals:
            if not rest or rest[0].startswith("--"):
                problems.append(Problem("has no value; write --key value, for switches --key true", name.lstrip("-")))
                continue
            text = rest.pop(0)
        try:
            layers.append(_layer(name, text))
        except ConfigError as error:
            problems += error.problems
    return layers, problems


def _layer(name: str, text: str) -> Node:
    source = Source(name)
    node = load_text(text, name, first_line=None)
    keys = name[2:].split(".")
    if not all(keys):
        raise ConfigError([Problem("a key has an empty part; write --a.b.c value", source=source)])
    for key in reversed(keys):
        if key != "init_args":
            node = Node({key: node}, source)
    return node

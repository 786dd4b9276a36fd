"""Experiments and overrides that are given as Python values instead of YAML. Torch-free."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from segcli.config.component import component_of
from segcli.config.dumper import dump, dump_inline
from segcli.config.errors import ConfigError, Problem, shorten
from segcli.config.loader import load_text
from segcli.config.node import Key, MappingNode

IN_PYTHON = "the mapping given"
"""Where the values of an experiment are written that is no file."""


def tree_of(experiment: Mapping[str, object]) -> MappingNode:
    """Return an experiment that is a mapping, as its file would be read.

    Raises:
        ConfigError: If it holds what YAML cannot.
    """
    node = load_text(dump(_plain(experiment, "")), IN_PYTHON, first_line=None)
    return node if isinstance(node, MappingNode) else MappingNode({}, node.source)


def override_words(overrides: Mapping[str, object]) -> list[str]:
    """Return overrides as the words of a command line that mean the same.

    Args:
        overrides: Values by dotted keys, or nested, or both. Text stays text, None is null; a key that ends in ``+``
            appends.

    Raises:
        ConfigError: If a value is none that YAML can hold.
    """
    plain = _plain(overrides, "")
    return [f"--{key}={dump_inline(value)}" for key, value in _flat(plain, "")]


def _flat(fields: Mapping[str, object], at: str) -> list[tuple[str, object]]:
    """Return dotted keys with their values; components, and mappings with keys that are no words, stay whole."""
    found: list[tuple[str, object]] = []
    for key, value in fields.items():
        name = f"{at}{key}"
        if isinstance(value, dict) and value and component_of(value) is None and all(map(_is_word, value)):
            found += _flat(value, f"{name}.")
        else:
            found.append((name, value))
    return found


def _is_word(key: object) -> bool:
    return isinstance(key, str) and key.removesuffix("+").isidentifier()


def _plain(value: object, at: str) -> Any:
    """Return a value as YAML knows it: paths are text, tuples are lists, NumPy's numbers are numbers."""
    if isinstance(value, Mapping):
        return {_key(key, at): _plain(child, f"{at}.{key}" if at else str(key)) for key, child in value.items()}
    if isinstance(value, PurePath):
        return str(value)
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(child, f"{at}.{index}") for index, child in enumerate(value)]
    as_number = getattr(value, "item", None)
    if callable(as_number) and getattr(value, "shape", None) == ():
        return _plain(as_number(), at)
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    what = f"got {shorten(repr(value))} ({type(value).__name__}), expected text, a number, a path, a list or a mapping"
    raise ConfigError([Problem(f"{what}; a component is {{'class_path': NAME, ...}}", at)])


def _key(key: object, at: str) -> Key:
    if key is None or isinstance(key, str | int | float):
        return key
    raise ConfigError([Problem(f"a key got {shorten(repr(key))}, expected text or a number", at)])

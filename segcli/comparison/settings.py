"""What tells experiments from each other: the keys in which they differ, and the values there as short text."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from segcli.config.canonical import leaves
from segcli.config.component import class_key, component_key, component_of, is_of_class
from segcli.config.dumper import dump_inline
from segcli.config.environment import identified
from segcli.config.keys import PREDICTIONS, SEED, is_path
from segcli.registry import FAMILIES
from segcli.runs.identity import identity

Values = Mapping[str, Any]
NOT_SET = "not set"
_WIDEST = 40


def relevant(config: Mapping[str, Any]) -> Values:
    """Return the values of an experiment that can change a result, by plain dotted keys, without the seed."""
    return {key: value for key, value in identity(config).items() if key != SEED}


def everything(config: Mapping[str, Any]) -> Values:
    """Return all values of an experiment, by plain dotted keys such as ``model.decoder.width``."""
    return dict(leaves(identified(config)))


def keys_of(experiments: Iterable[Values]) -> list[str]:
    """Return every key that has a value or a component, in the order of the experiments."""
    return list(dict.fromkeys(component_key(key) for values in experiments for key in values))


def differing(experiments: Sequence[Values], among: Sequence[str] | None = None) -> list[str]:
    """Return the keys in which experiments differ.

    Of a component with different classes, the class alone counts: the arguments of one have no meaning for another.
    They count among experiments that have the class in common. Predictions that were not made here have no settings but
    their name.

    Args:
        experiments: Their values.
        among: The keys to look at, such as those in which more experiments differ; None for all.
    """
    components = {component_key(key) for values in experiments for key in values if is_of_class(key)}
    found = []
    for key in keys_of(experiments) if among is None else among:
        parents = [parent for parent in _parents(key) if parent in components]
        variants: dict[tuple[str, ...], set[str]] = {}
        for values in experiments:
            if PREDICTIONS in values and key != PREDICTIONS:
                continue
            classes = tuple(str(values.get(class_key(parent))) for parent in parents)
            variants.setdefault(classes, set()).add(comparable(values, key))
        if any(len(texts) > 1 for texts in variants.values()):
            found.append(key)
    return found


def comparable(values: Values, key: str) -> str:
    """Return the value at a key as text that is equal for equal values only; of a component, its class."""
    path = values.get(class_key(key))
    if path is not None:
        return f"class {path}"
    return json.dumps(values[key], sort_keys=True, default=str) if key in values else NOT_SET


def text_at(values: Values, key: str) -> str:
    """Return the value at a key for people: a component by its short name, what is not there as ``not set``."""
    path = values.get(class_key(key))
    if path is not None:
        return _short_name(str(path))
    return _text(values[key]) if key in values else NOT_SET


def label(values: Values, keys: Sequence[str]) -> str:
    """Return what tells an experiment from others that differ in some keys: ``FPN``, or ``lr=0.001, FPN``."""
    names = {key: key.rpartition(".")[2] for key in keys}
    twice = {name for name in names.values() if list(names.values()).count(name) > 1}
    parts = []
    for key in keys:
        text = text_at(values, key)
        text = text.rpartition("/")[2] if is_path(key) else text  # the table has the whole path
        name = ".".join(key.split(".")[-2:]) if names[key] in twice else names[key]
        if class_key(key) in values:
            parts.append(text)
        elif text != NOT_SET or len(keys) == 1:
            parts.append(f"{name}={text if len(text) <= _WIDEST else text[: _WIDEST - 1] + '…'}")
    return ", ".join(parts)


def _parents(key: str) -> list[str]:
    parts = key.split(".")
    return [".".join(parts[:number]) for number in range(1, len(parts))]


def _text(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_text(part) for part in value)}]"
    if isinstance(value, Mapping):
        component = component_of(value)
        arguments = component.arguments if component is not None else value
        inside = ", ".join(f"{key}={_text(part)}" for key, part in arguments.items())
        name = _short_name(component.name) if component is not None else ""
        return f"{name}({inside})" if inside or not name else name
    return repr(value) if isinstance(value, float) else dump_inline(value)


def _short_name(path: str) -> str:
    """Return the registered name of a class; else the class's own, unless that is another one's registered name."""
    own = path.rpartition(".")[2]
    return _registered().get(path) or (path if own in _registered().values() else own)


@cache
def _registered() -> Mapping[str, str]:
    return {target.replace(":", "."): name for family in FAMILIES.values() for name, target in family.table.items()}

"""Values of an experiment in a form that is equal for what means the same, and for nothing else."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any

from segcli.config.component import (
    component,
    component_key,
    component_of,
    is_of_class,
    leads_to_arguments,
)
from segcli.config.keys import counted, meaning_of
from segcli.config.library import Library, installed
from segcli.registry import SECTIONS, whole_form

ORDER = ": order"
"""End of the key under which the order of a mapping's keys stands, where it counts and is not the ascending one."""


def flattened(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an experiment that count, canonical, by plain dotted keys such as ``model.decoder.width``.

    Arguments that a class has by now and had not when the experiment was stored have their default, which keeps results
    as they were.

    Args:
        config: Every value, nested, or by dotted keys as this function returns it.
    """
    values, library = {key: _whole_form(key, value) for key, value in leaves(config)}, installed()
    owners, found = _owners(values), {}
    for key, value in {**values, **_added(values, owners, library)}.items():
        meaning = meaning_of(key)
        if meaning.counts:
            above, _, name = key.rpartition(".")
            found[key] = canonical(value, key, owners.get(above, ""), name, library)
            if meaning.is_extra and found[key] is None:
                del found[key]
    return found


def canonical(value: Any, key: str, owner: str = "", argument: str = "", library: Library | None = None) -> Any:
    """Return a value as JSON may hold it, so that values which mean the same have the same JSON.

    1.0 is 1, unless the argument has a meaning for each, as Lightning's ``limit_train_batches`` (batches, or a share of
    them). A tuple is a list. Of a path, the last part counts. Where order does not count, lists are sorted; where that
    of a mapping's keys does, it stands beside them.

    Args:
        value: A plain value.
        key: Where it stands, dotted.
        owner: Class that it is an argument of, as ``module.Class``; empty if it is of none.
        argument: Name of the argument.
        library: What is known of classes; by default what is installed.
    """
    inside = partial(_value, key=key, owner=owner, argument=argument, library=library or installed())
    if meaning_of(key).order == "none" and (_is_component(value) or isinstance(value, list | tuple)):
        return sorted(map(inside, [value] if _is_component(value) else value), key=text) or None
    return inside(value)


def text(value: object) -> str:
    """Return JSON that is equal for equal canonical values only."""
    return json.dumps(value, sort_keys=True, default=str)


def leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield plain dotted keys and values; lists and empty mappings are values."""
    for key, value in tree.items():
        name = f"{prefix}{key}"
        is_inner = leads_to_arguments((key,))
        if not isinstance(value, Mapping) or not value or (_is_component(value) and meaning_of(name).order == "none"):
            yield (prefix.removesuffix(".") if is_inner else name), value
        elif is_inner:
            yield from leaves(value, prefix)
        else:
            yield from leaves(value, f"{name}.")
            if prefix and not _is_component(value) and not _is_in_order(value, name):
                yield name + ORDER, [str(each) for each in value]


def _whole_form(key: str, value: object) -> object:
    """Return the class of which another is the short form; other values as they are."""
    return whole_form(value) if is_of_class(key) and isinstance(value, str) else value


def _owners(values: Mapping[str, object]) -> dict[str, str]:
    """Return the class whose arguments stand below a key."""
    ends = ((component_key(key), value) for key, value in values.items() if is_of_class(key))
    sections = {key.partition(".")[0] for key in values} & SECTIONS.keys()
    return {key: SECTIONS[key] for key in sorted(sections)} | {key: str(value) for key, value in ends}


def _added(values: Mapping[str, object], owners: Mapping[str, str], library: Library) -> dict[str, Any]:
    """Return the defaults of arguments that an experiment does not state."""
    parts = (key.removesuffix(ORDER).split(".") for key in values)
    stated = {".".join(words[:length]) for words in parts for length in range(1, len(words) + 1)}
    return {
        f"{above}.{name}": default
        for above, owner in owners.items()
        for name, default in _defaults(owner, library).items()
        if f"{above}.{name}" not in stated
    }


@cache
def _defaults(owner: str, library: Library) -> Mapping[str, object]:
    parameters = library.accepted(owner)[1]
    return {name: parameter.default for name, parameter in parameters.items() if not parameter.required}


def _value(value: object, key: str, owner: str, argument: str, library: Library) -> Any:
    if isinstance(value, Mapping):
        return _mapping(value, key, owner, argument, library)
    if isinstance(value, list | tuple):
        return [_value(part, key, owner, argument, library) for part in value]
    if isinstance(value, float) and value.is_integer():
        return value if value and _has_both(owner, argument, library) else int(value)
    return counted(value) if isinstance(value, str) and meaning_of(key).last_part else value


def _mapping(value: Mapping[object, object], key: str, owner: str, argument: str, library: Library) -> dict[str, Any]:
    """Return a component with its arguments, or a plain mapping."""
    if (given := component_of(value)) is not None:
        arguments = {**_defaults(given.name, library), **given.arguments}
        inside = {str(n): canonical(part, f"{key}.{n}", given.name, str(n), library) for n, part in arguments.items()}
        return component(given.name, inside if given.has_arguments else None)
    found = {str(name): canonical(part, f"{key}.{name}", owner, argument, library) for name, part in value.items()}
    return found if _is_in_order(value, key) else {**found, ORDER: list(found)}


def _is_component(value: object) -> bool:
    return component_of(value) is not None


def _is_in_order(value: Mapping[Any, Any], key: str) -> bool:
    """Return whether the order of a mapping's keys says nothing: it does not count, or is the ascending one."""
    keys = list(value)
    numbers = all(isinstance(each, int) for each in keys)
    return meaning_of(key).order != "lists and keys" or keys == sorted(keys, key=None if numbers else str)


def _has_both(owner: str, argument: str, library: Library) -> bool:
    """Return whether an argument takes integers and floats, by its annotation."""
    found = library.signature(owner) if owner else None
    parameter = found.parameters.get(argument) if found is not None else None
    return parameter is not None and {"int", "float"} <= set(re.findall(r"\w+", parameter.annotation))

"""Keep jsonargparse from reading YAML into the values of a tree, each of which has its type already."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from jsonargparse import ArgumentParser, Namespace, set_loader

from segcli.config.component import arguments_of, component_of
from segcli.config.library import installed
from segcli.config.texts import exact_values_in

AS_IT_IS = "segcli"
"""A parser mode for which a text is a text: stock reads null into ``#3``, and a list into ``[x]``."""
set_loader(AS_IT_IS, lambda text: text, exceptions=(ValueError,))


def as_yaml(parser: ArgumentParser, config: Namespace) -> str:
    """Return a parsed tree as YAML, nulls and defaults included."""
    parser.parser_mode = "yaml"  # jsonargparse reads again what it writes of components
    try:
        return parser.dump(config, skip_unset=False, format="yaml")
    finally:
        parser.parser_mode = AS_IT_IS


def put_exact_values_back(config: Namespace | dict[str, Any], tree: Mapping[str, Any]) -> None:
    """Undo what jsonargparse reads into values all the same: null into ``null``, 1 into ``001``, and 1.0 into 1.

    It does so where a type takes both, the last according to what the process has imported before: typing takes
    ``int | float | None`` for ``float | int | None`` if it knows that already.

    Args:
        config: What jsonargparse made of ``tree``; it is changed.
        tree: The composed experiment, classes by their full paths.
    """
    for path, value in exact_values_in(tree, installed()):
        holder: Any = config
        for key in path[:-1]:
            holder = _at(holder, _key(holder, key))
        key = _key(holder, path[-1])
        read = None if key is None else _at(holder, key)
        is_other = not isinstance(read, str | PurePath) if isinstance(value, str) else isinstance(read, float)
        if key is not None and is_other:
            holder[key] = value


def drop_unstated(values: Any, tree: Any) -> None:  # noqa: ANN401  (nested mappings and lists)
    """Drop what jsonargparse adds to components that take ``**kwargs``: arguments that these pass on to a parent.

    An experiment that does not state them would not be equal to the one that is saved.

    Args:
        values: What jsonargparse made of ``tree``, as plain values; it is changed.
        tree: The composed experiment, classes by their full paths.
    """
    if isinstance(values, list) and isinstance(tree, list):
        for value, before in zip(values, tree, strict=False):
            drop_unstated(value, before)
    elif isinstance(values, dict) and isinstance(tree, Mapping):
        found = component_of(values)
        signature = installed().signature(found.name) if found is not None else None
        if found is not None and signature is not None and signature.is_open:
            kept = {*signature.parameters, *arguments_of(tree)}
            for name in [name for name in found.arguments if name not in kept]:
                del found.arguments[name]
        for key in values.keys() & tree.keys():
            drop_unstated(values[key], tree[key])


def _key(holder: object, key: object) -> Any:  # noqa: ANN401  (a key or an index)
    """Return the key of a mapping that is spelt like this one; those that came through JSON are text."""
    if isinstance(holder, list):
        return key
    keys = vars(holder) if isinstance(holder, Namespace) else holder if isinstance(holder, dict) else ()
    return next((each for each in keys if str(each) == str(key)), None)


def _at(holder: Any, key: object) -> Any:  # noqa: ANN401  (nested namespaces, mappings and lists)
    if isinstance(holder, list):
        return holder[key] if isinstance(key, int) and key < len(holder) else None
    if isinstance(holder, Namespace):
        return holder.get(str(key))
    return holder.get(key) if isinstance(holder, dict) else None

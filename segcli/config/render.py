"""Write a tree as people read it: components flat, under their short names, with the source of each value beside it."""

import re

from segcli.config.dumper import dump_inline
from segcli.config.escape import visible
from segcli.config.library import Place
from segcli.config.node import ComponentNode, Key, MappingNode, Node, ScalarNode, SequenceNode, flat_fields

_WIDEST = 70
Line = tuple[str, Node | None]


def flat(node: Node, place: Place) -> Node:
    """Return a tree whose components have short names and flat arguments; a component without arguments is a name."""
    if isinstance(node, SequenceNode):
        return node.laid_over(None, [flat(item, place) for item in node.value])
    if not isinstance(node, MappingNode):
        return node
    if not isinstance(node, ComponentNode):
        return node.laid_over(None, {key: flat(child, place.child(key)) for key, child in node.value.items()})
    path = place.class_path(node.name)
    name = node.cls.laid_over(None, place.library.short_name(path, place.family))
    inner = place.inside(path)
    arguments = {key: flat(child, inner.child(key)) for key, child in node.arguments.items()}
    return node.laid_over(None, flat_fields(name, arguments)) if arguments else name


def render(node: Node, sources: bool = False) -> str:
    """Return a flat tree as YAML.

    Args:
        node: A mapping, as :func:`flat` returns it.
        sources: Whether to write the source of each value, and the interpolation that gave it, as a comment beside it.
    """
    lines = _block(node)
    column = min(max((len(text) for text, leaf in lines if leaf is not None), default=0), _WIDEST)
    return "".join(
        f"{text:{column}}  # {_origin(leaf)}\n" if sources and leaf is not None else f"{text}\n" for text, leaf in lines
    )


def _mapping(fields: dict[Key, Node]) -> list[Line]:
    lines: list[Line] = []
    for key, child in fields.items():
        name = dump_inline(key)
        if _is_inline(child):
            lines.append((f"{name}: {dump_inline(child.plain())}", child))
        else:
            lines += [(f"{name}:", None), *((f"  {text}", leaf) for text, leaf in _block(child))]
    return lines


def _block(node: Node) -> list[Line]:
    if isinstance(node, MappingNode):
        return _mapping(node.value)
    lines: list[Line] = []
    for _, item in node.children():
        below = [(dump_inline(item.plain()), item)] if _is_inline(item) else _block(item)
        lines += [(f"{'  ' if i else '- '}{text}", leaf) for i, (text, leaf) in enumerate(below)]
    return lines


def _is_inline(node: Node) -> bool:
    if isinstance(node, SequenceNode):
        return all(isinstance(item, ScalarNode) for item in node.value)
    return not isinstance(node, MappingNode) or not node.value


def _origin(node: Node) -> str:
    return visible(f"{node.source}, {node.text}" if node.text else str(node.source))


def one_line(node: Node | None, place: Place) -> str:
    """Return a value in one line; a component as ``Name(argument=value)`` with the arguments that are not defaults."""
    if node is None:
        return "not set"
    if isinstance(node, SequenceNode):
        return f"[{', '.join(one_line(item, place) for item in node.value)}]"
    if not isinstance(node, ComponentNode):
        return dump_inline(node.plain())
    path = place.class_path(node.name)
    signature, parameters = place.library.accepted(path, place.family)
    inner, said = place.inside(path), []
    for key, child in node.arguments.items():
        parameter = parameters.get(str(key))
        default = parameter.default if parameter else None
        stated = parameter is None or parameter.required or not same(child.plain(), default, parameter.annotation)
        if signature is None or stated:
            said.append(f"{key}={one_line(child, inner.child(key))}")
    name = place.library.short_name(path, place.family)
    return f"{name}({', '.join(said)})" if said else name


def same(a: object, b: object, annotation: str = "") -> bool:
    """Return whether two plain values mean the same.

    1 and true do not. 1 and 1.0 do, unless the annotated type has a meaning for each, as Lightning's
    ``limit_train_batches`` (batches or a share of them). Mappings also differ in their order: that of mask values gives
    the classes theirs.
    """
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y, annotation) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key], annotation) for key in a)
    if {"int", "float"} <= set(re.findall(r"\w+", annotation)) and type(a) is not type(b):
        return False
    return bool(a == b)

"""Check a plain value against a type annotation that is known as text only.

Knows the builtin scalars and containers, ``Literal``, ``Optional`` and unions; whatever else an annotation names is
left to jsonargparse, which imports the class.
"""

import ast
import copy
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

_SEQUENCES = {"list", "List", "Sequence", "Iterable", "tuple", "Tuple", "set", "Set", "Collection"}
_MAPPINGS = {"dict", "Dict", "Mapping"}
_SCALARS = {"int", "float", "str", "bool"}


@cache
def _parsed(annotation: str) -> ast.expr | None:
    try:
        return ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return None


def accepts(annotation: str, value: object) -> bool:
    """Return whether a value can be of the annotated type; True where that cannot be told."""
    tree = _parsed(annotation)
    return tree is None or _accepts(tree, value)


def takes_null(annotation: str) -> bool:
    """Return whether null is a value of the annotated type; True where that cannot be told."""
    return not annotation or accepts(annotation, None)


def accepts_scalar(annotation: str, value: object) -> bool:
    """Return whether a type that names classes names a plain type as well, and the value is of that."""
    tree = _parsed(annotation)
    names = {_name(part) for part in ast.walk(tree)} & _SCALARS if tree is not None else set()
    return any(_scalar(name, value) for name in names)


def takes_list(annotation: str) -> bool:
    """Return whether an annotated type names a sequence, or an alias of which that cannot be told."""
    tree = _parsed(annotation)
    names = {_name(part) for part in ast.walk(tree)} if tree is not None else set()
    return bool(names & _SEQUENCES) or any("Seq" in name for name in names)


def alternatives(annotation: str) -> list[ast.expr]:
    """Return the members of a union, or the one type; of an annotation that says nothing, none."""
    tree = _parsed(annotation) if annotation else None
    return list(_members(tree)) if tree is not None else []


def _members(tree: ast.expr) -> Iterator[ast.expr]:
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.BitOr):
        yield from (*_members(tree.left), *_members(tree.right))
    elif isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield from alternatives(tree.value)
    elif isinstance(tree, ast.Subscript) and _name(tree.value) in {"Optional", "Union", "Annotated", "Final"}:
        name, inner = _name(tree.value), _inner(tree)
        for part in inner if name == "Union" else inner[:1]:
            yield from _members(part)
        if name == "Optional":
            yield ast.Constant(None)
    else:
        yield tree


def shown_type(annotation: str) -> str:
    """Return an annotation as one writes it today: ``int | None`` for ``typing.Optional[int]``."""
    tree = _parsed(annotation)
    return annotation if tree is None else ast.unparse(_Modern().visit(copy.deepcopy(tree)))


class _Modern(ast.NodeTransformer):
    """Writes unions with bars, and names without their module."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        name = _name(node.value)
        if name == "Literal":
            return ast.Subscript(ast.Name(name), node.slice)
        if name in {"Optional", "Union", "Annotated", "Final"}:
            parts = list(dict.fromkeys(ast.unparse(self.visit(part)) for part in _members(node)))
            return ast.Name(" | ".join(parts))
        if name in {"List", "Dict", "Tuple", "Set"}:
            node.value = ast.Name(name.lower())
        self.generic_visit(node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return ast.Name(node.attr) if _name(node.value) in {"typing", "t"} else node


def is_text_type(tree: ast.expr) -> bool:
    """Return whether a type is ``str``, or a path."""
    name = _name(tree)
    return name == "str" or "path" in name.lower()


def is_plain_type(tree: ast.expr) -> bool:
    """Return whether a type has no room for lists, mappings and objects."""
    is_literal = isinstance(tree, ast.Subscript) and _name(tree.value) == "Literal"
    return is_text_type(tree) or is_literal or isinstance(tree, ast.Constant) or _name(tree) in _SCALARS


def literals(types: Iterable[ast.expr]) -> list[Any]:
    """Return the values that the ``Literal`` among some types names."""
    found = (tree for tree in types if isinstance(tree, ast.Subscript) and _name(tree.value) == "Literal")
    return [part.value for tree in found for part in _inner(tree) if isinstance(part, ast.Constant)]


def item_types(types: Iterable[ast.expr], index: int) -> str:
    """Return the annotation of an element of the first sequence among some types; empty where there is none."""
    for tree in types:
        if isinstance(tree, ast.Subscript) and _name(tree.value) in _SEQUENCES:
            inner = _inner(tree)
            is_fixed = _name(tree.value) in {"tuple", "Tuple"} and not (len(inner) == 2 and _is_ellipsis(inner[1]))
            return ast.unparse(inner[min(index, len(inner) - 1)] if is_fixed else inner[0])
    return ""


def value_type(types: Iterable[ast.expr]) -> tuple[str, str]:
    """Return the annotations of keys and values of the first mapping among some types; empty where there is none."""
    for tree in types:
        if isinstance(tree, ast.Subscript) and _name(tree.value) in _MAPPINGS and len(_inner(tree)) == 2:
            key, value = _inner(tree)
            return ast.unparse(key), ast.unparse(value)
    return "", ""


def _inner(tree: ast.Subscript) -> list[ast.expr]:
    return list(tree.slice.elts) if isinstance(tree.slice, ast.Tuple) else [tree.slice]


def _accepts(tree: ast.expr, value: object) -> bool:
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.BitOr):
        return _accepts(tree.left, value) or _accepts(tree.right, value)
    if isinstance(tree, ast.Constant):
        return _constant(tree, value)
    if isinstance(tree, ast.Subscript):
        return _subscript(tree, value)
    name = _name(tree)
    if name in _SCALARS:
        return _scalar(name, value)
    if name in _SEQUENCES:
        return isinstance(value, list | tuple)
    if name in _MAPPINGS:
        return isinstance(value, dict)
    # a class: anything but null may still turn out to be one, and jsonargparse will tell
    return value is not None or name in {"Any", "object", ""}


def _constant(tree: ast.Constant, value: object) -> bool:
    if isinstance(tree.value, str):
        return accepts(tree.value, value)
    return tree.value is not None or value is None


def _subscript(tree: ast.Subscript, value: Any) -> bool:
    name = _name(tree.value)
    inner = _inner(tree)
    if name == "Optional":
        return value is None or _accepts(inner[0], value)
    if name == "Union":
        return any(_accepts(part, value) for part in inner)
    if name == "Literal":
        constants = [part.value for part in inner if isinstance(part, ast.Constant)]
        if len(constants) < len(inner):  # names such as cv2.INTER_LINEAR
            return value is not None
        return value in constants
    if name in {"Annotated", "Final"}:
        return _accepts(inner[0], value)
    if name in _MAPPINGS and len(inner) == 2:
        return isinstance(value, dict) and all(_key(inner[0], k) and _accepts(inner[1], v) for k, v in value.items())
    if name in {"tuple", "Tuple"} and not (len(inner) == 2 and _is_ellipsis(inner[1])):
        fits = isinstance(value, list | tuple) and len(value) == len(inner)
        return fits and all(_accepts(part, item) for part, item in zip(inner, value, strict=True))
    if name in _SEQUENCES:
        return isinstance(value, list | tuple) and all(_accepts(inner[0], item) for item in value)
    return value is not None


def _key(tree: ast.expr, key: object) -> bool:
    """Keys that came through JSON are strings, whatever the type."""
    return _accepts(tree, key) or (_name(tree) == "int" and str(key).lstrip("-").isdigit())


def _scalar(name: str, value: object) -> bool:
    if name == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if name == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str if name == "str" else bool)


def _name(tree: ast.AST) -> str:
    if isinstance(tree, ast.Name):
        return tree.id
    return tree.attr if isinstance(tree, ast.Attribute) else ""


def _is_ellipsis(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Constant) and tree.value is ...

"""Turn type annotations, known as text only, into JSON schema.

Says what :mod:`segcli.config.types` says, as a schema: builtin scalars and containers, ``Literal``, ``Optional``,
unions and the types that stand for a family of components. Whatever else an annotation names takes anything but null.
An interpolation ``${...}`` may stand for any value, and a mapping ``{0: ...}`` for elements of a list below.
"""

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from segcli.config.types import takes_list
from segcli.registry import Family

Schema = dict[str, Any]

NULL: Schema = {"type": "null"}
_SCALARS = {"int": ("integer",), "float": ("number",), "bool": ("boolean",), "str": ("string", "number", "boolean")}
_SEQUENCES = {"list", "List", "Sequence", "Iterable", "tuple", "Tuple", "set", "Set", "Collection"}
_MAPPINGS = {"dict", "Dict", "Mapping"}
_ANYTHING = {"Any", "object", ""}
_SHARED_CHARACTERS = 60


def ref(*path: str) -> Schema:
    """Return a reference into the definitions."""
    return {"$ref": "/".join(("#/definitions", *path))}


EXTENDS, INTERPOLATION, VALUE = ref("extends"), ref("interpolation"), ref("value")


def any_of(options: Iterable[Schema]) -> Schema:
    """Return a schema of several alternatives; nothing at all takes everything."""
    unique: list[Schema] = []
    for option in options:
        if option not in unique:
            unique.append(option)
    plain = [option["type"] for option in unique if option.keys() == {"type"}]
    if len(plain) > 1:
        unique = [{"type": plain}, *(option for option in unique if option.keys() != {"type"})]
    return {"anyOf": unique} if len(unique) > 1 else dict(unique[0]) if unique else {}


class TypeSchemas:
    """Schemas of annotations.

    Args:
        families: Components; a type that stands for some becomes a reference to the definition of their family.

    Attributes:
        definitions: The longer schemas, which many arguments share.
    """

    def __init__(self, families: Mapping[str, Family]) -> None:
        self._families = {name: family.name for family in families.values() for name in family.types}
        self._values: dict[str, Schema] = {}
        self.definitions: dict[str, Schema] = {}

    def value(self, annotation: str) -> Schema:
        """Return what a key of this type may hold."""
        if annotation not in self._values:
            self._values[annotation] = self._shared(_value(self._alternatives(_parsed(annotation))))
        return self._values[annotation]

    def _shared(self, schema: Schema) -> Schema:
        if len(str(schema)) < _SHARED_CHARACTERS:
            return schema
        known = next((name for name, other in self.definitions.items() if other == schema), None)
        name = known or f"type{len(self.definitions)}"
        self.definitions[name] = schema
        return ref(name)

    def appended(self, annotation: str) -> Schema | None:
        """Return what ``key+`` of this type may hold, one element or a list; None if no list may grow there."""
        if annotation in _ANYTHING:
            return {}
        if not takes_list(annotation):
            return None
        arrays = [option for option in self._alternatives(_parsed(annotation)) if option.get("type") == "array"]
        elements = [array["items"] for array in arrays if "maxItems" not in array]
        if arrays and not elements:
            return None
        element = any_of(part for item in elements or [VALUE] for part in item.get("anyOf", [item]))
        return self._shared(any_of([{"type": "array", "items": element}, *element.get("anyOf", [element])]))

    def _alternatives(self, tree: ast.expr | None) -> list[Schema]:
        if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.BitOr):
            return [*self._alternatives(tree.left), *self._alternatives(tree.right)]
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            return self._alternatives(_parsed(tree.value))
        if isinstance(tree, ast.Constant) and tree.value is None:
            return [NULL]
        if isinstance(tree, ast.Subscript):
            return self._subscript(tree)
        name = _name(tree)
        if name in self._families:
            family = [ref(self._families[name])]
            return _sequence(family) if "Seq" in name else family
        if name in _SCALARS:
            return [{"type": kind} for kind in _SCALARS[name]]  # what looks like a number is a text, too
        if name in _SEQUENCES:
            return _sequence([VALUE, NULL])
        if name in _MAPPINGS:
            return [{"type": "object"}]
        return [VALUE, NULL] if name in _ANYTHING else [VALUE]

    def _subscript(self, tree: ast.Subscript) -> list[Schema]:
        name = _name(tree.value)
        inner = list(tree.slice.elts) if isinstance(tree.slice, ast.Tuple) else [tree.slice]
        if name == "Optional":
            return [*self._alternatives(inner[0]), NULL]
        if name == "Union":
            return [option for part in inner for option in self._alternatives(part)]
        if name == "Literal":
            values = [part.value for part in inner if isinstance(part, ast.Constant)]
            return [{"enum": values} if len(values) == len(inner) else VALUE]
        if name in {"Annotated", "Final"}:
            return self._alternatives(inner[0])
        if name in _MAPPINGS and len(inner) == 2:
            return [self._mapping(*inner)]
        if name in {"tuple", "Tuple"} and not (len(inner) == 2 and ast.unparse(inner[1]) == "..."):
            return _tuple([self._alternatives(part) for part in inner])
        return _sequence(self._alternatives(inner[0])) if name in _SEQUENCES else [VALUE]

    def _mapping(self, key: ast.expr, value: ast.expr) -> Schema:
        """Keys reach a schema as strings, whatever the type."""
        values = _value(self._alternatives(value))
        schema: Schema = {"type": "object", "properties": {"extends": EXTENDS}, "additionalProperties": values}
        keys = self._alternatives(key)
        if keys == [{"type": "integer"}]:
            schema["propertyNames"] = {"pattern": "^([-+]?[0-9]+|extends)$"}
        elif all("enum" in option for option in keys):
            schema["propertyNames"] = {"enum": [*(name for option in keys for name in option["enum"]), "extends"]}
        return schema


def _value(options: list[Schema]) -> Schema:
    holds_text = VALUE in options or {"type": "string"} in options or any("$ref" in option for option in options)
    return any_of(options if holds_text else [*options, INTERPOLATION])


def _sequence(element: list[Schema]) -> list[Schema]:
    """Return a list of elements, and a mapping that patches some of them; a patch need not name a class."""
    return [{"type": "array", "items": _value(_as_items(element))}, _patch(element)]


def _tuple(parts: list[list[Schema]]) -> list[Schema]:
    items = [_value(_as_items(part)) for part in parts]
    array: Schema = {"type": "array", "items": items, "minItems": len(parts), "maxItems": len(parts)}
    return [array if items else {"type": "array", "maxItems": 0}, _patch([option for part in parts for option in part])]


def _patch(element: list[Schema]) -> Schema:
    return {
        "type": "object",
        "properties": {"extends": EXTENDS},
        "patternProperties": {"^[0-9]+$": _value(element)},
        "additionalProperties": False,
        "minProperties": 1,
    }


def _as_items(options: list[Schema]) -> list[Schema]:
    is_family = [option != VALUE and "$ref" in option for option in options]
    return [{"$ref": o["$ref"] + ".item"} if family else o for o, family in zip(options, is_family, strict=True)]


def _parsed(annotation: str) -> ast.expr | None:
    try:
        return ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return None


def _name(tree: ast.expr | None) -> str:
    if isinstance(tree, ast.Name):
        return tree.id
    return tree.attr if isinstance(tree, ast.Attribute) else ""

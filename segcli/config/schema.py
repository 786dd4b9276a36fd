"""JSON schema (draft 7) of experiment files, for completion and inline errors in editors.

Generated from signatures that are read as text, as :mod:`segcli.config.check` does. A schema sees one file alone, so
nothing is required: a parent may give it. Where a mapping names no class, a parent does, and every argument of the
family may stand there.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Mapping

from docstring_parser import ParseError
from docstring_parser.google import parse as parse_docstring

from segcli.config.check import DATA
from segcli.config.extends import PRESET, preset_names
from segcli.config.library import SCALARS, SOURCES, Library, UnknownClassError
from segcli.config.schema_types import EXTENDS, INTERPOLATION, NULL, VALUE, Schema, TypeSchemas, any_of, ref
from segcli.config.signatures import Parameter
from segcli.config.types import accepts
from segcli.registry import SECTIONS, Family
from segcli.score_spec import MODE, MONITOR

_DOTTED = ref("dotted")
_MODEL: Schema = {"type": "string", "pattern": f"^([a-z0-9_]+$|{'|'.join(SOURCES)})"}
_KEYS = {"class_path", "init_args", "extends"}
_LONGEST_TEXT, _LONGEST_OF_OTHERS = 240, 120
"""Characters of a description, of our own classes and of other packages', whose manuals are long."""
_LONG = 150
"""Characters from which on the schema of an argument that several classes have is written once."""
_TAKEN: Mapping[tuple[str, str], Schema] = {
    (SECTIONS["trainer"], "default_root_dir"): {**NULL, "description": "The run folder: set run.root and run.name."}
}
"""Arguments of sections that other keys decide."""


def experiment_schema(library: Library) -> Schema:
    """Return the schema of an experiment file, or of a fragment of the top level.

    Args:
        library: The components that an experiment can name.
    """
    return _Writer(library).schema()


class _Writer:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.types = TypeSchemas(library.families)
        self.definitions: dict[str, Schema] = {}
        self._first: dict[str, Schema] = {}
        self._same: dict[str, tuple[Schema, Schema]] = {}

    def schema(self) -> Schema:
        self.definitions.update(_shared([*preset_names(self.library)]))
        for family in self.library.families.values():
            self._add_family(family)
        properties = {name: self._section(path) for name, path in SECTIONS.items()}
        properties["data"] = _described(self.types.value(DATA.annotation), "Where images and masks come from.")
        for name, parameter in SCALARS.items():
            properties[name] = self._argument(parameter, "Seed of every random generator.")
        properties["extends"] = EXTENDS
        properties["vars"] = _described({"type": "object"}, "Values that others refer to as ${vars.NAME}.")
        properties["environment"] = _described({"type": "object"}, "What a run stored of environment variables.")
        properties["defaults"] = _described({"enum": ["none"]}, "Leave out segcli/defaults.yaml, the lowest layer.")
        self.definitions.update(self.types.definitions)
        return {
            "$schema": "http://json-schema.org/draft-07/schema#",
            **_object(properties),
            "definitions": self.definitions,
        }

    def _section(self, path: str) -> Schema:
        properties, is_open = self._arguments(path, None)
        whole = any_of([_object({"extends": EXTENDS, **properties}, is_open), INTERPOLATION])
        return _described(whole, self._about(path))

    def _add_family(self, family: Family) -> None:
        """Define a family: a name, or a mapping whose arguments are those of the class that it names."""
        classes = {name: path for name in self.library.options(family) if (path := self._path(name, family))}
        cases, about = [], []
        for name, path in classes.items():
            about.append(self._add_class(name, path, family))
            named = {"required": ["class_path"], "properties": {"class_path": {"pattern": self._pattern(name, path)}}}
            cases.append({"if": named, "then": ref(f"{family.name}.{name}")})
        self.definitions[f"{family.name}.any"] = self._union(family, classes)
        short: Schema = {"enum": list(classes), "enumDescriptions": about}
        names = ref(f"{family.name}.names")
        self.definitions[f"{family.name}.names"] = {"anyOf": [short, _DOTTED, INTERPOLATION]}
        mapping = {
            "type": "object",
            "properties": {"class_path": names},
            **({"allOf": cases} if cases else {}),
            "if": {"required": ["class_path"]},
            "else": ref(f"{family.name}.any"),
        }
        self.definitions[family.name] = {"anyOf": [names, *self._models(family), mapping]}
        has_class = {"anyOf": [{"required": ["class_path"]}, {"required": ["extends"]}]}
        item = {"if": {"type": "object"}, "then": has_class}
        self.definitions[f"{family.name}.item"] = {"allOf": [ref(family.name), item]}

    def _models(self, family: Family) -> list[Schema]:
        """Return what else may stand for a member: what looks like a model of timm, too many to list."""
        return [_MODEL] if family.of_timm else []

    def _path(self, name: str, family: Family) -> str | None:
        try:
            return self.library.class_path(name, family)
        except UnknownClassError:  # a package offers types and constants beside its classes
            return None

    def _pattern(self, name: str, path: str) -> str:
        """Match every way to write one class: short, by its full path and by that of its definition."""
        found = self.library.signature(path)
        paths = dict.fromkeys((path, found.class_path if found else path))
        full = ("[.:]".join(map(re.escape, path.rsplit(".", 1))) for path in paths)
        return f"^({'|'.join((re.escape(name), *full))})$"

    def _add_class(self, name: str, path: str, family: Family) -> str:
        """Define the mapping of one class, its arguments flat or in ``init_args``; return what the class is."""
        arguments, is_open = self._arguments(path, family)
        about, key = self._about(path), f"{family.name}.{name}"
        arguments = {argument: self._once(key, argument, schema) for argument, schema in arguments.items()}
        self.definitions[key] = _component(key, _described({}, about), arguments, is_open)
        return about

    def _once(self, key: str, argument: str, schema: Schema) -> Schema:
        """Return the schema of an argument, or where the same one stands already."""
        text = json.dumps(schema)
        if len(text) < _LONG:
            return schema
        where = ref(key, "properties", argument)
        first = self._first.setdefault(text, where)
        self._same[first["$ref"]] = first, schema
        return schema if first is where else first

    def _about(self, path: str) -> str:
        found = self.library.signature(path)
        return _documentation(found.doc, path)[0] if found else ""

    def _arguments(self, path: str, family: Family | None) -> tuple[dict[str, Schema], bool]:
        """Return schemas of the arguments of a class, and whether it may take others."""
        found, parameters = self.library.accepted(path, family)
        if found is None:
            return {}, True
        properties: dict[str, Schema] = {}
        about = _documentation(found.doc, path)[1]
        for name, parameter in parameters.items():
            schema = _TAKEN.get((path, name)) or self._argument(parameter, about.get(name, ""))
            follows = name == MODE and MONITOR in parameters  # null, whatever its type, lets it follow the metric
            properties[name] = _described({"anyOf": [schema, NULL]}, schema["description"]) if follows else schema
            more = self.types.appended(parameter.annotation)
            if more is not None:
                properties[f"{name}+"] = _described(more, f"Append to {name}.")
        return properties, found.is_open

    def _argument(self, parameter: Parameter, about: str) -> Schema:
        default, annotation = parameter.default, parameter.annotation
        shown = default if isinstance(default, str) else json.dumps(default, default=str)
        kind = f"{annotation or 'any type'}, {'required' if parameter.required else f'default {shown}'}"
        schema = _described(self.types.value(annotation), f"{about}\n\n{kind}" if about else kind)
        is_source = isinstance(default, str) and accepts(annotation, ...)  # for all we know, that of an expression
        if not parameter.required and not is_source and accepts(annotation, default):
            schema["default"] = json.loads(json.dumps(default, default=str))
        return schema

    def _union(self, family: Family, names: Iterable[str]) -> Schema:
        """Return the mapping that leaves the class to a parent."""
        found: dict[str, dict[str, Schema]] = {}
        key = f"{family.name}.any"
        for name in names:
            definition = self.definitions[f"{family.name}.{name}"]
            if definition["additionalProperties"]:
                return _component(key, ref(f"{family.name}.names"), {}, is_open=True)
            for argument in definition["properties"].keys() - _KEYS:
                where = ref(f"{family.name}.{name}", "properties", argument)
                schema = definition["properties"][argument]
                where, schema = self._same.get(str(schema.get("$ref")), (where, schema))
                kind = str({k: v for k, v in schema.items() if k not in ("description", "default")})
                found.setdefault(argument, {}).setdefault(kind, where)
        arguments = {argument: any_of(kinds.values()) for argument, kinds in sorted(found.items())}
        return _component(key, ref(f"{family.name}.names"), arguments, is_open=False)


def _shared(presets: list[str]) -> dict[str, Schema]:
    """Return the definitions that do not depend on components."""
    file = {"anyOf": [{"enum": presets}, {"type": "string", "pattern": f"^(?!{PRESET})"}]}
    parents = {"anyOf": [*file["anyOf"], {"type": "array", "items": file}]}
    anything: Schema = {"type": ["string", "number", "boolean", "object", "array"]}
    return {
        "extends": _described(parents, "Parents, relative to this file or segcli:NAME; later over earlier."),
        "arguments": {"type": "object", "properties": {"class_path": False, "init_args": False}},
        "interpolation": {"type": "string", "pattern": r"\$\{"},
        "dotted": {"type": "string", "pattern": r"^[A-Za-z_]\w*(\.\w+)*[.:]\w+$"},
        "value": {
            **anything,
            "properties": {"class_path": any_of([_DOTTED, INTERPOLATION])},
            "items": any_of([VALUE, NULL]),
        },
    }


def _component(key: str, cls: Schema, arguments: Mapping[str, Schema], is_open: bool) -> Schema:
    """Return a mapping with arguments, flat or in ``init_args``; ``key`` is the name of its definition."""
    below = {"allOf": [ref(key), ref("arguments")]}
    return _object({"class_path": cls, "init_args": below, "extends": EXTENDS, **arguments}, is_open)


def _object(properties: Mapping[str, Schema], is_open: bool = False) -> Schema:
    return {"type": "object", "properties": dict(properties), "additionalProperties": is_open}


def _described(schema: Schema, text: str) -> Schema:
    """Add a description; beside a reference, draft 7 would ignore it."""
    whole = {"allOf": [schema]} if "$ref" in schema else schema
    return {**whole, "description": text} if text else schema


def _documentation(doc: str, path: str) -> tuple[str, dict[str, str]]:
    """Return what a class is, and what each of its arguments is, in short."""
    longest = _LONGEST_TEXT if path.startswith(f"{__package__.partition('.')[0]}.") else _LONGEST_OF_OTHERS
    try:
        manual = parse_docstring(doc)
    except ParseError:
        return "", {}
    arguments = {entry.arg_name: entry.description or "" for entry in manual.params}
    short = {name: textwrap.shorten(text, longest, placeholder=" ...") for name, text in arguments.items()}
    return textwrap.shorten(manual.short_description or "", longest, placeholder=" ..."), short

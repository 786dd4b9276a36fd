"""Everything that experiments can name, described: components with arguments, presets, experiments, timm's models.

Nothing is imported to learn about it. Of a package whose classes are members of a family under their own names, those
count that derive from one of the family's types and are not called ``Base...``.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from docstring_parser import Docstring
from docstring_parser import parse as parse_docstring

from segcli import registry
from segcli.config.component import class_key
from segcli.config.compose import Experiment, compose
from segcli.config.discover import find_experiments
from segcli.config.errors import ConfigError, Problem
from segcli.config.extends import preset_file, preset_names
from segcli.config.library import installed
from segcli.config.signatures import Parameter
from segcli.config.timm_names import TimmModel, read_timm_models
from segcli.registry import FAMILIES, Family

LISTED = (*FAMILIES, "presets", "experiments")
"""What can be listed."""

_PARTS = {"data": "data", "backbone": "model.backbone", "decoder": "model.decoder"}


@dataclass(frozen=True)
class Argument:
    """One argument of a component.

    Attributes:
        name: Its name.
        type: Its type as text.
        default: The default; None for a required one.
        required: Whether it has none.
        description: What the docstring says about it.
    """

    name: str
    type: str
    default: Any
    required: bool
    description: str


@dataclass(frozen=True)
class Entry:
    """One thing that an experiment can name, or an experiment.

    Attributes:
        name: The name.
        family: What it is one of.
        summary: What it is, in one line.
        package: The package that brings it; empty for files.
        class_path: ``module.Class`` of a component.
        arguments: What an experiment may set of a component.
        facts: What else is known: ``tags`` of a timm model; ``data``, ``backbone`` and ``decoder`` of an experiment;
            ``error`` of what cannot be read or composed.
    """

    name: str
    family: str
    summary: str = ""
    package: str = ""
    class_path: str = ""
    arguments: tuple[Argument, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def names_of(family: str) -> list[str]:
    """Return every name of a family: a member of :data:`LISTED`."""
    library = installed()
    if family == "presets":
        return [*preset_names(library)]
    if family == "experiments":
        return [library.files.show(path) for path in find_experiments(Path.cwd(), library)]
    own = list(registry.claims(FAMILIES[family]))
    brought = {name for package in FAMILIES[family].packages for name in _members(package, FAMILIES[family])}
    return [*own, *sorted(brought - set(own))]


def matches(name: str, pattern: str) -> bool:
    """Return whether a name contains a pattern, or is as it says where it has one of ``*?[``; case is all one."""
    name, pattern = name.lower(), pattern.lower()
    return fnmatchcase(name, pattern) if set("*?[") & set(pattern) else pattern in name


def describe(name: str, family: str, briefly: bool = False) -> Entry:
    """Describe one of :func:`names_of` a family.

    Args:
        name: The name.
        family: The family.
        briefly: Whether to leave out the arguments of a component.
    """
    if family == "presets":
        return Entry(name, family, _comment(preset_file(name, installed())))
    return _experiment(name) if family == "experiments" else _component(name, FAMILIES[family], briefly)


def timm_models(pattern: str = "") -> list[Entry]:
    """Return timm's models by name; by a pattern that only some tags of a model match, with these.

    Raises:
        ConfigError: If timm is not installed.
    """
    library = installed()
    file = library.modules.file("timm")
    if file is None:
        raise ConfigError([Problem("timm is not installed, so its names are not known")])
    chosen = []
    for model in read_timm_models(file.parent, library.files):
        tags = model.tags if matches(model.name, pattern) else _tags_that_match(model, pattern)
        if tags is not None:
            chosen.append(Entry(model.name, "backbones", package="timm", facts={"tags": tags}))
    return chosen


def _tags_that_match(model: TimmModel, pattern: str) -> tuple[str, ...] | None:
    return tuple(tag for tag in model.tags if matches(f"{model.name}.{tag}", pattern)) or None


def _component(name: str, family: Family, briefly: bool) -> Entry:
    library = installed()
    own = library.names(family)
    if told := registry.clash(name, family):
        return Entry(name, family.name, package=registry.package_of(name, family), facts={"error": told})
    if name in own:
        path = own[name].replace(":", ".")
        package = registry.package_of(name, family)
    else:
        room = next(package for package in family.packages if name in _members(package, family))
        path, package = f"{room}.{name}", room.partition(".")[0]
    found, parameters = library.accepted(path, family)
    if found is None:
        error = f"the source of {path} cannot be read"
        return Entry(name, family.name, package=package, class_path=path, facts={"error": error})
    if briefly:
        summary = " ".join(found.doc.partition("\n\n")[0].split())
        return Entry(name, family.name, summary, package, path)
    manual = parse_docstring(found.doc)
    summary = " ".join((manual.short_description or "").split())
    return Entry(name, family.name, summary, package, path, arguments_of(manual, parameters.values()))


def arguments_of(manual: Docstring, parameters: Iterable[Parameter]) -> tuple[Argument, ...]:
    """Return the arguments of a constructor with what its docstring says about them."""
    said = {entry.arg_name: " ".join((entry.description or "").split()) for entry in manual.params}
    return tuple(Argument(p.name, p.annotation, p.default, p.required, said.get(p.name, "")) for p in parameters)


@cache
def _members(package: str, family: Family) -> tuple[str, ...]:
    """Return the components among the public classes of a package."""
    modules = installed().modules
    found = (name for name in modules.classes_of(package) if name not in family.types)
    chosen = (name for name in found if modules.derives(package, name, family.types))
    return tuple(sorted(name for name in chosen if not name.startswith("Base")))


def _experiment(name: str) -> Entry:
    path = Path(name)
    try:
        experiment = compose([path])
    except ConfigError as error:
        message = str(error).splitlines()[0].removeprefix("error: ")
        return Entry(name, "experiments", _comment(path), facts={"error": message})
    facts = {part: _class(experiment, key) for part, key in _PARTS.items()}
    facts["backbone"] = f"{facts['backbone']} {experiment.get('model.backbone.name') or ''}".rstrip()
    return Entry(name, "experiments", _comment(path), facts=facts)


def _class(experiment: Experiment, key: str) -> str:
    return str(experiment.get(class_key(key)) or "").rpartition(".")[2]


def _comment(path: Path) -> str:
    """Return the first sentence of the comment at the top of a file."""
    try:
        text = installed().files.read_text(path)
    except (OSError, UnicodeDecodeError):
        return ""
    lines = re.match(r"\s*((?:#.*\n?)*)", text)
    comment = " ".join(line.lstrip("# ").rstrip() for line in lines[1].splitlines()) if lines else ""
    return re.split(r"(?<=[.!?])\s", comment, maxsplit=1)[0]

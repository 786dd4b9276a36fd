"""Lay the defaults of constructors, read as text, under a composed experiment."""

from pathlib import Path as FilePath

from segcli.config.compose import Experiment
from segcli.config.library import SCALARS, Library, Place, UnknownClassError
from segcli.config.monitored import monitored
from segcli.config.node import (
    ComponentNode,
    Key,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Source,
    component_fields,
    from_plain,
)
from segcli.config.node import Path as KeyPath
from segcli.config.signatures import Parameter, Signature
from segcli.registry import SECTIONS
from segcli.score_spec import MODE

ORDER = (*SCALARS, "data", "model", *(key for key in SECTIONS if key != "model"))


def resolve(experiment: Experiment) -> MappingNode:
    """Return a tree with every value of the run; what no file sets has the line of the default as its source."""
    library = experiment.library
    fields: dict[Key, Node] = {}
    for key in ORDER:
        given = experiment.root.value.get(key)
        if key in SCALARS:
            fields[key] = given or from_plain(SCALARS[key].default, Source(f"default of {key}"))
        elif key in SECTIONS:
            fields[key] = _section(given, SECTIONS[key], library)
        elif given is not None:
            fields[key] = _value(given, library.root.child(key))
    for each in monitored(experiment.root, library):
        if each.has_mode and each.written_mode is None and each.followed_mode is not None:
            arguments = _at(fields, each.path)
            arguments[MODE] = ScalarNode(each.followed_mode, Source(f"the better end of {each.monitor}"))
    return MappingNode(fields, experiment.root.source)


def _at(fields: dict[Key, Node] | list[Node], path: KeyPath) -> dict[Key, Node]:
    """Return the mapping at a path of an expanded tree."""
    for key in path:
        node = fields[key] if isinstance(fields, dict) else fields[int(str(key))]
        assert isinstance(node, MappingNode | SequenceNode)
        fields = node.value
    assert isinstance(fields, dict)
    return fields


def default_of(parameter: Parameter, signature: Signature, library: Library) -> Node:
    """Return the default of an argument, with the line that says so as its source."""
    name = signature.class_path.rpartition(".")[2]
    file = library.modules.file(signature.module)
    where = _short(file, signature.module, library) if file is not None else signature.module
    return from_plain(parameter.default, Source(f"default of {name}, {where}", parameter.line))


def _short(file: FilePath, module: str, library: Library) -> str:
    """Return a file as shown, or, of an installed package, its path below the folder of packages."""
    shown = library.files.show(file)
    if not FilePath(shown).is_absolute() and "site-packages" not in shown:
        return shown
    return "/".join(file.parts[-len(module.split(".")) - (file.name == "__init__.py") :])


def _section(given: Node | None, path: str, library: Library) -> Node:
    node = given or MappingNode({}, Source(f"defaults of {path.rpartition('.')[2]}"))
    if not isinstance(node, MappingNode):
        return node
    return MappingNode(_arguments(node.value, path, Place(library)), node.source, node.over)


def _arguments(given: dict[Key, Node], path: str, place: Place) -> dict[Key, Node]:
    library, inner = place.library, place.inside(path)
    signature, parameters = library.accepted(path, place.family)
    fields = {}
    for name, parameter in parameters.items():
        if name in given:
            fields[name] = _value(given[name], inner.child(name))
        elif not parameter.required and signature is not None:
            fields[name] = default_of(parameter, signature, library)
    return fields | {key: _value(child, inner.child(key)) for key, child in given.items() if key not in fields}


def _value(node: Node, place: Place) -> Node:
    if isinstance(node, SequenceNode):
        return node.laid_over(None, [_value(item, place) for item in node.value])
    if not isinstance(node, MappingNode):
        return node
    if not isinstance(node, ComponentNode):
        return node.laid_over(None, {key: _value(child, Place(place.library)) for key, child in node.value.items()})
    try:
        path = place.class_path(place.library.short_name(place.class_path(node.name), place.family))
    except UnknownClassError:  # of an experiment that was not checked
        return node
    arguments = MappingNode(_arguments(node.arguments, path, place), node.source)
    return node.laid_over(None, component_fields(node.cls.laid_over(None, path), arguments))

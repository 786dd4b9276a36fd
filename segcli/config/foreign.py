"""Find the code of others that an experiment names: classes and functions outside of the registries.

What a registry names, and the public classes of the packages that it stands on, is known; whatever else is imported by
name may be anything, from a class of one's own to ``os.system``. Nothing is imported to tell.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from segcli.config.component import component, component_of, leads_to_arguments, within
from segcli.config.compose import Experiment, compose
from segcli.config.library import Library, Place, UnknownClassError
from segcli.config.node import ComponentNode, MappingNode, Node, Path, SequenceNode, Source, dotted
from segcli.config.types import alternatives, is_plain_type
from segcli.registry import FAMILIES, SECTIONS, claims, entries

KNOWN = (
    *("torch.nn.", "torch.optim.", "timm.optim.", "albumentations."),
    *("torchmetrics.classification.", "torchmetrics.segmentation."),
    *(f"pytorch_lightning.{room}." for room in ("callbacks", "loggers", "plugins", "profilers", "strategies")),
)
"""Where classes are known to do no more than they are for when they are constructed."""
_SHAPES = "segcli.datamodules.shapes_data_module.ShapesDataModule"
_IMPORTABLE = re.compile(r"[A-Za-z_]\w*([.:][A-Za-z_]\w*)+")
_BACKBONE_NAME = (*within(("model", "backbone")), "name")
_REMOTE = re.compile(r"[\w-]+:")
"""A name of timm that is looked up elsewhere, as ``hf-hub:``."""


@dataclass(frozen=True)
class Foreign:
    """One place of an experiment that names code of others, or a value that is not known.

    Attributes:
        path: Where it stands in the expanded tree.
        name: What it names.
        source: Who wrote it.
        is_class: Whether it is the class of a component.
        package: The installed package that gives it a short name; empty for what no registry names.
    """

    path: Path
    name: str
    source: Source
    is_class: bool = False
    package: str = ""

    @property
    def key(self) -> str:
        """Its dotted key."""
        return dotted(self.path)


def find_foreign(experiment: Experiment) -> list[Foreign]:
    """Return every place that names code outside of the registries, an outer one before those in it."""
    library = experiment.library
    return list(_Finder(library, lambda path: is_known(path, library)).fields(experiment.root, library.root, ()))


def find_plug_ins(experiment: Experiment) -> list[Foreign]:
    """Return every component that an installed package brings under a short name."""
    brought = {
        entry.value.replace(":", "."): entry.dist.name if entry.dist else "an unknown package"
        for family in entries().values()
        for entry in family
    }
    finder = _Finder(experiment.library, lambda path: path not in brought)
    found = finder.fields(experiment.root, experiment.library.root, ()) if brought else ()
    return [replace(each, package=brought[each.name]) for each in found if each.is_class]


def is_known(path: str, library: Library) -> bool:
    """Return whether a registry names a class, or it is a class of a known package by its source."""
    named = (targets for family in FAMILIES.values() for targets in claims(family).values())
    if any(path == target.replace(":", ".") for targets in named for target in targets):
        return True
    module, _, name = path.rpartition(".")
    found = library.modules.find_class(module, name) if path.startswith(KNOWN) else None
    return found is not None and found[0].split(".")[0] == module.split(".")[0]


class _Finder:
    def __init__(self, library: Library, is_known: Callable[[str], bool]) -> None:
        self.library, self.is_known = library, is_known

    def fields(self, node: Node, place: Place, at: Path) -> Iterator[Foreign]:
        for key, child in node.children():
            inner, here = place.child(key), (*at, key)
            if inner.arguments_of in SECTIONS.values() and isinstance(child, MappingNode):
                yield from self.fields(child, inner, here)
            else:
                yield from self.value(child, inner, place.annotation(key), here)

    def value(self, node: Node, place: Place, annotation: str, at: Path) -> Iterator[Foreign]:
        if isinstance(node, ComponentNode):
            yield from self.component(node, place, at)
        elif isinstance(node, MappingNode | SequenceNode):
            below = place if isinstance(node, SequenceNode) else Place(self.library)
            for key, child in node.children():
                yield from self.value(child, below, annotation, (*at, key))
        elif isinstance(node.value, str):
            types = alternatives(annotation)
            is_plain = bool(types) and all(map(is_plain_type, types))
            is_remote = at == _BACKBONE_NAME and _REMOTE.match(node.value)
            if node.is_open() or is_remote or (not is_plain and self.names_code(node.value)):
                yield Foreign(at, node.value, node.source)

    def names_code(self, text: str) -> bool:
        return _IMPORTABLE.fullmatch(text) is not None and not self.is_known(text.replace(":", "."))

    def component(self, node: ComponentNode, place: Place, at: Path) -> Iterator[Foreign]:
        try:
            path = place.class_path(node.name)
        except UnknownClassError:
            path = node.name
        if not self.is_known(path):
            yield Foreign(at, path, node.cls.source, is_class=True)
        if isinstance(node.inner, MappingNode):
            yield from self.fields(node.inner, place.inside(path), within(at))


def without(experiment: Experiment, foreign: Sequence[Foreign]) -> tuple[dict[str, Any], set[str]]:
    """Return the expanded tree without some places, and what had to be filled in with a part that is known.

    Args:
        experiment: The experiment.
        foreign: What to leave out. An argument that has no default takes its component with it.
    """
    tree, filled = copy.deepcopy(experiment.expanded()), set[str]()
    for each in sorted(foreign, key=lambda each: [str(key).zfill(9) for key in each.path], reverse=True):
        _drop(tree, each.path, experiment.library, filled)
    return tree, filled


def _drop(tree: dict[str, Any], path: Path, library: Library, filled: set[str]) -> None:
    while _is_required(tree, path, library):
        path = path[:-2]
        if len(path) < 2:
            break
    if len(path) < 2 or (len(path) == 2 and _is_argument_required(SECTIONS.get(str(path[0])), path[1], library)):
        key = dotted(path) or "data"
        filled.add(key)
        if key == "data":
            tree["data"] = component(_SHAPES, {})
        else:
            tree[str(path[0])][path[1]] = compose([], checked=False).expanded()[str(path[0])][path[1]]
        return
    holder = _at(tree, path[:-1])
    if isinstance(holder, list):
        del holder[int(str(path[-1]))]
    elif isinstance(holder, dict):
        holder.pop(path[-1], None)


def _is_required(tree: Mapping[str, object], path: Path, library: Library) -> bool:
    """Return whether a place is an argument without a default, or may be one for all that is known."""
    if len(path) < 3 or not leads_to_arguments(path[:-1]):
        return False
    owner = component_of(_at(tree, path[:-2]))
    return owner is not None and _is_argument_required(owner.name, path[-1], library)


def _is_argument_required(cls: str | None, name: object, library: Library) -> bool:
    signature = library.signature(cls) if cls is not None else None
    parameter = signature.parameters.get(str(name)) if signature is not None else None
    return parameter is not None and parameter.required


def _at(tree: object, path: Path) -> object:
    for key in path:
        if isinstance(tree, list):
            tree = tree[key] if isinstance(key, int) and key < len(tree) else None
        else:
            tree = tree.get(key) if isinstance(tree, dict) else None
    return tree

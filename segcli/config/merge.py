"""Lay one layer of an experiment over another.

Mappings merge deeply, lists replace, ``key+`` appends, ``!del`` removes, ``!replace`` takes a mapping whole, and a
component whose class changes loses the old class's arguments. Components end up with their class and, apart from it,
their arguments, whether they were written as a name, flat, nested, as arguments over a known class, or as the name of a
model of timm.
"""

from dataclasses import replace

from segcli.config.errors import Problem
from segcli.config.library import Place, UnknownClassError
from segcli.config.node import (
    ComponentNode,
    Key,
    MappingNode,
    Node,
    Path,
    ScalarNode,
    SequenceNode,
    component_fields,
    dotted,
    spelt_like,
)
from segcli.registry import whole_form


class Merger:
    """Folds layers, lowest first, and collects what does not fit.

    Args:
        is_last: Whether no layer above may still name a class: then a model of timm among arguments gives them one.

    Attributes:
        problems: Mistakes found so far.
        removed: The ``!del`` that removed a key, by its path.
    """

    def __init__(self, is_last: bool = False) -> None:
        self._is_last = is_last
        self.problems: list[Problem] = []
        self.removed: dict[Path, Node] = {}

    def merge(self, base: Node | None, over: Node, place: Place, path: Path = ()) -> Node:
        """Return ``over`` laid on ``base``; neither is changed."""
        if isinstance(base, SequenceNode) and isinstance(over, MappingNode) and _are_indices(over):
            return self._merge_elements(base, over, place, path)
        if isinstance(over, SequenceNode):
            items = [self.merge(None, item, place, (*path, i)) for i, item in enumerate(over.value)]
            return over.laid_over(base, items)
        if _is_component(base, over, place):
            return self._merge_component(base, over, place, path)
        if isinstance(over, MappingNode):
            below = base.value if isinstance(base, MappingNode) else {}
            fields = self._merge_fields(below if over.tag != "replace" else {}, over, place, path)
            return over.laid_over(base, _remember(fields, below))
        return over.laid_over(base, over.value)

    def _merge_fields(self, base: dict[Key, Node], over: MappingNode, place: Place, path: Path) -> dict[Key, Node]:
        fields = dict(base)
        for key, child in over.value.items():
            self._set(fields, key, child, place, path)
        return fields

    def _set(self, fields: dict[Key, Node], key: Key, child: Node, place: Place, path: Path) -> None:
        """Lay one key of a mapping, with its ``+`` or ``!del``, over the fields below."""
        append = isinstance(key, str) and key.endswith("+")
        name: Key = str(key)[:-1] if append else key
        name = spelt_like(name, fields)
        here = (*path, name)
        base = fields.get(name)
        if child.tag == "del":
            if base is None:
                self._problem(here, "nothing to remove: no parent sets it; drop the !del", child)
            elif fields.pop(name) is not None:
                self.removed[here] = ScalarNode(None, child.source, over=base)
        elif append:
            fields[name] = self._append(base, child, place.child(name), here)
        else:
            fields[name] = self.merge(base, child, place.child(name), here)

    def _append(self, base: Node | None, child: Node, place: Place, path: Path) -> Node:
        old: list[Node]
        if base is None or base.value is None:
            old = []
        elif isinstance(base, SequenceNode):
            old = base.value
        elif place.family is not None and isinstance(base, MappingNode):
            old = [base]
        else:
            self._problem(path, "'+' appends to a list, but the value below is none; drop the '+'", child, base)
            return base
        items = child.value if isinstance(child, SequenceNode) else [child]
        new = [self.merge(None, item, place, (*path, len(old) + i)) for i, item in enumerate(items)]
        return SequenceNode([*old, *new], child.source, over=base)

    def _merge_elements(self, base: SequenceNode, over: MappingNode, place: Place, path: Path) -> Node:
        items = list(base.value)
        for key, child in over.value.items():
            index = int(str(key))
            if index < len(items):
                items[index] = self.merge(items[index], child, place, (*path, index))
                continue
            last = len(items) - 1
            have = f"ends with element {last}" if items else "is empty"
            self._problem((*path, index), f"no element {index}: the list {have}; append with '+'", child, base)
        return SequenceNode(items, base.source, over=base.over)

    def _merge_component(self, base: Node | None, over: Node, place: Place, path: Path) -> Node:
        over_class, over_args = _split(over, place)
        over = over if isinstance(over, MappingNode) else replace(over, reference=None)  # which is that of the class
        base_class, base_args = _split(base, place) if base is not None else (None, {})
        if self._is_last and over_class is None and base_class is None:
            over_class = _class_by_name(over_args, place)
        switched = over_class is not None and base_class is not None and self._differ(over_class, base_class, place)
        if not switched and base_class is not None and place.timm_class(over.value):
            over_class = None  # nobody wrote it
        cls = over_class or base_class
        inner = place.inside(self._path(cls, place) if cls is not None else None)
        below = base_args
        if switched or over.tag == "replace":
            base_args = {}
        elif over_class is not None and base_class is not None and self._is_other_form(over_class, base_class, place):
            _, known = place.library.accepted(self._path(over_class, place), place.family)
            base_args = {key: node for key, node in base_args.items() if key in known}
        elif base_class is None:  # a lower layer gave arguments before any gave the class
            base_args = {k: self.merge(None, v, inner.child(k), (*path, k)) for k, v in base_args.items()}
        fields = dict(base_args)
        for key, child in over_args.items():
            self._set(fields, key, child, inner, path)
        arguments = MappingNode(_remember(fields, below) if not switched else fields, over.source)
        if cls is None:  # checked at the end: a higher layer may still name it
            return over.laid_over(base, component_fields(None, arguments))
        if over_class is not None and base_class is not None:
            cls = over_class.laid_over(base_class, over_class.value)
        return over.laid_over(base, component_fields(cls, arguments))

    def _differ(self, a: Node, b: Node, place: Place) -> bool:
        return a.value != b.value and whole_form(self._path(a, place)) != whole_form(self._path(b, place))

    def _is_other_form(self, a: Node, b: Node, place: Place) -> bool:
        """Return whether one is the short form of the other, which has fewer arguments."""
        return a.value != b.value and self._path(a, place) != self._path(b, place)

    @staticmethod
    def _path(cls: Node, place: Place) -> str:
        """Return the full path of a class; one that does not exist is reported later, with all its kind."""
        try:
            return place.class_path(str(cls.value))
        except UnknownClassError:
            return str(cls.value)

    def _problem(self, path: Path, message: str, node: Node, over: Node | None = None) -> None:
        self.problems.append(Problem(message, dotted(path), node.source, over.source if over else None))


def _class_by_name(arguments: dict[Key, Node], place: Place) -> Node | None:
    """Return the class of arguments that name a model of timm."""
    name = arguments.get("name")
    cls = place.timm_class(name.value) if name is not None else ""
    return ScalarNode(cls, name.source) if name is not None and cls else None


def _remember(fields: dict[Key, Node], below: dict[Key, Node]) -> dict[Key, Node]:
    """Let what ``!replace`` took whole know what it lies over."""
    for key, node in fields.items():
        if node.over is None and key in below and below[key] is not node:
            fields[key] = node.laid_over(below[key], node.value)
    return fields


def _are_indices(over: MappingNode) -> bool:
    return bool(over.value) and all(str(key).isdigit() for key in over.value)


def _is_component(base: Node | None, over: Node, place: Place) -> bool:
    if place.family is not None:
        return isinstance(over, MappingNode) or (isinstance(over.value, str) and not over.value.startswith("${"))
    return isinstance(over, MappingNode) and (isinstance(over, ComponentNode) or isinstance(base, ComponentNode))


def _of_name(node: Node, place: Place) -> tuple[Node, dict[Key, Node]]:
    """Return class and arguments of a component that is written as a name."""
    name = node.laid_over(None, node.value)
    cls = place.timm_class(node.value)
    return (ScalarNode(cls, node.source), {"name": name}) if cls else (name, {})


def _split(node: Node, place: Place) -> tuple[Node | None, dict[Key, Node]]:
    """Return class and arguments of a component, however it was written."""
    if isinstance(node.value, str):
        return _of_name(node, place)
    if not isinstance(node, MappingNode):
        return None, {}
    cls, args = node.cls if isinstance(node, ComponentNode) else None, node.beside
    if cls is not None and cls.text is not None:  # an interpolation that lay under arguments, like a class
        cls, named = _of_name(cls, place)
        args = {**named, **args}
    if isinstance(node.inner, MappingNode):
        args = {**node.arguments, **args}
    elif node.inner is not None:  # reported as an unknown option
        args |= component_fields(None, node.inner)
    return cls, args

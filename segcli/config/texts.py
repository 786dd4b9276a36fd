"""Give arguments of type ``str`` the text that was written, where YAML reads a number, a boolean or null into it.

``run.name: 77950e8`` is a text and no number, ``001`` keeps its zeros, and ``--data.root '/data/set #1'`` its comment
sign. Where the type also takes what YAML reads, that wins: ``3`` is a number for ``int | str``, and ``null`` is null
for ``str | None``.
"""

import ast
from collections.abc import Iterator, Mapping

from segcli.config.component import within
from segcli.config.errors import Problem
from segcli.config.library import Library, Place, UnknownClassError
from segcli.config.node import (
    ComponentNode,
    Key,
    MappingNode,
    Node,
    Path,
    SequenceNode,
    Source,
    dotted,
    from_plain,
)
from segcli.config.types import alternatives, is_plain_type, is_text_type, item_types, literals, value_type
from segcli.registry import SECTIONS
from segcli.score_spec import MODE, MONITOR

_NULL = "null"
_NUMBERS = {"int", "float"}


def settle_texts(root: Node, library: Library) -> list[Problem]:
    """Turn into text what is to be text, in place; return what follows a flag and is neither that nor YAML.

    Args:
        root: A merged tree; interpolations are left as they are.
        library: What is known about components.
    """
    settler = _Settler(library)
    settler.section(root, library.root, ())
    return settler.problems


def exact_values_in(tree: Mapping[str, object], library: Library) -> Iterator[tuple[Path, str | int]]:
    """Yield path and value of every text, and of every whole number beside which a fraction may stand, of a plain tree.

    Only where their types take them: these may read something else into them if they are tried in another order.
    """
    settler = _Settler(library)
    settler.section(from_plain(dict(tree), Source("")), library.root, ())
    yield from settler.exact


class _Settler:
    """Walks a tree with the type of every place."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.problems: list[Problem] = []
        self.exact: list[tuple[Path, str | int]] = []

    def section(self, node: Node, place: Place, at: Path) -> None:
        """Settle the arguments of one class, or the top level."""
        for key, child in node.children():
            if key == MODE and child.value is None and child.written in (None, _NULL) and place.annotation(MONITOR):
                continue  # it follows the metric
            inner, here = place.child(key), (*at, key)
            if inner.arguments_of in SECTIONS.values() and isinstance(child, MappingNode):
                self.section(child, inner, here)
            else:
                self.value(child, inner, place.annotation(key), here)

    def value(self, node: Node, place: Place, annotation: str, at: Path) -> None:
        """Settle what stands at one place."""
        types = alternatives(annotation)
        if isinstance(node, ComponentNode):
            self.component(node, place, at)
        elif isinstance(node, SequenceNode):
            self.items(node, place, types, at)
        elif isinstance(node, MappingNode) and not self.takes_structure_as_text(node, types):
            self.fields(node, types, at)
        else:
            self.leaf(node, types, at)

    def component(self, node: ComponentNode, place: Place, at: Path) -> None:
        arguments = node.inner
        if not isinstance(arguments, MappingNode):
            return
        try:
            path = place.class_path(node.name)
        except UnknownClassError:  # told by the check
            return
        self.section(arguments, place.inside(path), within(at))

    def items(self, node: SequenceNode, place: Place, types: list[ast.expr], at: Path) -> None:
        if self.takes_structure_as_text(node, types):
            self.leaf(node, types, at)
            return
        for index, item in enumerate(node.value):
            self.value(item, place, item_types(types, index), (*at, index))

    def fields(self, node: MappingNode, types: list[ast.expr], at: Path) -> None:
        keys, values = value_type(types)
        fields: dict[Key, Node] = {}
        for key, child in node.value.items():
            wanted = alternatives(keys)
            is_text = child.key is not None and any(map(is_text_type, wanted)) and not _takes(wanted, key, child.key)
            name: Key = child.key if is_text else key
            fields[name] = child
            self.value(child, Place(self.library), values, (*at, name))
        node.value = fields

    @staticmethod
    def takes_structure_as_text(node: Node, types: list[ast.expr]) -> bool:
        """Return whether YAML reads a list or mapping into what was typed, though the type has only room for a text."""
        return node.written is not None and bool(types) and all(map(is_plain_type, types))

    def leaf(self, node: Node, types: list[ast.expr], at: Path) -> None:
        if any(map(is_text_type, types)) or node.written in literals(types):
            _settle(node, types)
            if isinstance(node.value, str):
                self.exact.append((at, node.value))
        if type(node.value) is int and {each.id for each in types if isinstance(each, ast.Name)} >= _NUMBERS:
            self.exact.append((at, node.value))
        if node.fault:
            self.problems.append(Problem(node.fault, dotted(at), node.source))


def _settle(node: Node | None, types: list[ast.expr]) -> None:
    """Settle a value, and all that it lies over."""
    while node is not None:
        if node.written is not None and not _takes(types, node.value, node.written) and not node.is_open():
            node.become(node.written)
            node.fault = ""
        node = node.over


def _takes(types: list[ast.expr], value: object, written: str) -> bool:
    """Return whether some type takes the value that YAML reads, and so keeps it from being text."""
    if value is None:
        return written == _NULL and any(isinstance(each, ast.Constant) and each.value is None for each in types)
    if any(value == each and type(value) is type(each) for each in literals(types)):
        return True
    names = {each.id for each in types if isinstance(each, ast.Name)}
    if isinstance(value, bool):
        return "bool" in names
    if isinstance(value, int):
        return bool(names & {"int", "float"})
    return isinstance(value, float) and "float" in names

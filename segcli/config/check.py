"""Find unknown keys and names, missing arguments, nulls and wrong plain types, all at once and without torch."""

import re
from collections.abc import Iterable, Sequence

from segcli.config import foreign_losses, foreign_optimizers, foreign_schedules
from segcli.config.errors import MAX_PROBLEMS, Problem, did_you_mean, shorten, shown
from segcli.config.finite import non_finite, says_so
from segcli.config.library import COMPOSER_KEYS, SCALARS, Library, Place, UnknownClassError
from segcli.config.node import ComponentNode, Key, MappingNode, Node, Path, SequenceNode, dotted
from segcli.config.signatures import Parameter, Signature
from segcli.config.types import accepts, accepts_scalar, shown_type, takes_list, takes_null
from segcli.registry import LINKED, SECTIONS
from segcli.score_spec import MODE, MONITOR

DATA = Parameter("data", "SegmentationDataModule", required=True)
REQUIRED_SECTIONS = ("model", "data")


def check(root: MappingNode, library: Library) -> list[Problem]:
    """Return every mistake that can be seen without importing a component.

    Args:
        root: A merged and interpolated tree.
        library: What is known about components.
    """
    checker = _Checker(library)
    checker.check_root(root)
    return checker.problems


def check_composer_keys(root: MappingNode, layers: Sequence[Node], own: set[str]) -> list[Problem]:
    """Return what is wrong with the keys that only composing reads: ``extends``, ``vars`` and so on.

    Args:
        root: The merged tree, not yet interpolated.
        layers: What it was merged from; a variable is used also where an override replaced its user.
        own: Files named on the command line, as shown; a variable that they or a flag set must be used somewhere.
    """
    problems = []
    for key in ("extends", "defaults", "environment"):
        node = root.value.get(key)
        if node is not None and node.source.where.startswith("--"):
            problems.append(Problem("belongs into a file; -c FILE can be given several times", key, node.source))
        elif key == "extends" and node is not None:
            problems.append(Problem("a file's own parents cannot be appended to; write extends", key, node.source))
        elif key == "defaults" and node is not None and node.value != "none":
            problems.append(Problem(f"expected none, or no such key, got {shown(node.plain())}", key, node.source))
        elif key == "environment" and node is not None and not _is_of_a_run(node):
            message = "is what a run stores, not a setting: set the variable in the shell, and write ${oc.env:NAME}"
            problems.append(Problem(message, key, node.source))
    variables = root.value.get("vars")
    if variables is not None and not isinstance(variables, MappingNode):
        problems.append(
            Problem(f"expected a mapping (name: value), got {shown(variables.plain())}", "vars", variables.source)
        )
    elif variables is not None:
        used = _used_variables(layers)
        for name, node in variables.value.items():
            idle = used is not None and str(name) not in used and not node.is_aliased()
            if idle and (node.source.where.startswith("--") or node.source.where in own):
                others = [str(other) for other in variables.value if other != name]
                hint = did_you_mean(name, others) if len(problems) <= MAX_PROBLEMS else ""
                message = f"no value refers to ${{vars.{shorten(str(name))}}}{hint}"
                problems.append(Problem(message, f"vars.{name}", node.source, options=tuple(others)))
    return problems


def _is_of_a_run(node: Node) -> bool:
    """Return whether a mapping holds digests of values by their keys, as a run stores them."""
    digests = [each.value for each in node.value.values()] if isinstance(node, MappingNode) else [""]
    return all(each is None or re.fullmatch(r"[0-9a-f]{12}", str(each)) for each in digests)


def _used_variables(layers: Sequence[Node]) -> set[str] | None:
    """Return the names of variables that texts mention; None where a name is itself an interpolation."""
    texts = [leaf.value for layer in layers for _, leaf in layer.leaves() if isinstance(leaf.value, str)]
    found = [name for text in texts if "vars." in text for name in re.findall(r"vars\.([^\s{}:,'\"]+)", text)]
    if any(name.startswith("$") for name in found):
        return None
    return {".".join(name.split(".")[:n]) for name in found for n in range(1, name.count(".") + 2)}


class _Checker:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.problems: list[Problem] = []

    def _hint(self, word: object, options: Iterable[object]) -> str:
        """Suggest an option; after so many mistakes that nobody reads on, no more."""
        return did_you_mean(word, options) if len(self.problems) <= MAX_PROBLEMS else ""

    def check_root(self, root: MappingNode) -> None:
        root_place = self.library.root
        known = (*SECTIONS, "data", *SCALARS, *COMPOSER_KEYS)
        for key, child in root.value.items():
            if key in SCALARS:
                self._check_value(child, SCALARS[str(key)], Place(self.library), (key,))
            elif key == "data":
                self._check_value(child, DATA, root_place.child(key), (key,))
            elif key in SECTIONS:
                self._check_section(child, SECTIONS[str(key)], (key,))
            else:
                self._add((), f"unknown key {shown(key)}{self._hint(key, known)}", child, known, key=str(key))
        for key in REQUIRED_SECTIONS:
            if key not in root.value:
                message = f"missing; an experiment needs {' and '.join(REQUIRED_SECTIONS)}"
                self.problems.append(Problem(message, key, root.source))

    def _check_section(self, node: Node, path: str, at: Path) -> None:
        if not isinstance(node, MappingNode):
            self._add(at, f"expected a mapping (key: value), got {shown(node.plain())}", node)
            return
        self._check_arguments(node, node.value, path, Place(self.library, arguments_of=path), at)

    def _check_component(self, node: Node, place: Place, at: Path) -> None:
        if isinstance(node, SequenceNode):
            for index, item in enumerate(node.value):
                if place.family is not None and not isinstance(item, MappingNode) and not item.is_open():
                    self._add((*at, index), f"expected one of the {place.family.name}, got {shown(item.plain())}", item)
                self._check_component(item, place, (*at, index))
            return
        if not isinstance(node, MappingNode):
            return
        if not isinstance(node, ComponentNode):
            if place.family is not None:
                self._check_without_class(node, place, at)
            return
        cls = node.cls
        if not isinstance(cls.value, str):
            self._add(at, f"class_path names a class, got {shown(cls.plain())}", cls)
            return
        try:
            path = place.class_path(node.name)
        except UnknownClassError as error:
            self._add(at, str(error), cls, error.options)
            return
        self._check_class(node, path, place, at)

    def _check_class(self, node: ComponentNode, path: str, place: Place, at: Path) -> None:
        """Check a class that was found, and its arguments."""
        if told := self._of_foreign(path, place):
            self._add(at, told, node.cls)
            return
        self._check_arguments(node, node.arguments, path, place, at)

    def _of_foreign(self, path: str, place: Place) -> str:
        """Return what to do about a class of another package that cannot stand in its place; nothing if it can."""
        family, modules = place.family, self.library.modules
        if family is None:
            return ""
        if family.name == "losses" and foreign_losses.is_foreign(modules, path):
            return foreign_losses.wrapping(modules, path, path.rpartition(".")[2] in self.library.names(family))
        if family.name == "schedules" and foreign_schedules.is_foreign(self.library.signature(path), path):
            return foreign_schedules.deriving(modules, path)
        return foreign_optimizers.refusal(path) if family.name == "optimizers" else ""

    def _check_without_class(self, node: MappingNode, place: Place, at: Path) -> None:
        given = node.arguments
        if given and all(str(key).isdigit() for key in given):
            index = next(iter(given))
            self._add((*at, index), f"no element {index}: there is no list below; append with '+'", node)
            return
        assert place.family is not None
        names = tuple(self.library.names(place.family))
        self._add(at, "arguments without a class; name it with class_path", node, names)

    def _check_arguments(self, node: Node, fields: dict[Key, Node], path: str, place: Place, at: Path) -> None:
        found, parameters = self.library.accepted(path, place.family)
        inner = place.inside(path)
        name = path.rpartition(".")[2]
        for key, child in fields.items():
            here = (*at, key)
            if key == MODE and MONITOR in parameters and child.value is None:
                continue  # it follows the metric
            if key in parameters:
                count = len(self.problems)
                self._check_value(child, parameters[str(key)], inner.child(key), here)
                if found is not None and len(self.problems) == count:
                    self._check_finite(child, parameters[str(key)], found, here)
            elif found is None or (found.is_open and key not in LINKED.get(path, ())):
                self._check_component(child, Place(self.library), here)
            elif key in LINKED.get(path, ()) or key in found.parameters:
                self._add(here, f"{name} gets {shown(key)} at run time; remove it here", child)
            else:
                guess = self._hint(key, parameters)
                self._add(here, f"{name} has no option {shown(key)}{guess}", child, tuple(parameters))
        missing = [p for p in parameters.values() if p.required and p.name not in fields]
        for parameter in missing:
            kind = f" ({shown_type(parameter.annotation)})" if parameter.annotation else ""
            self._add((*at, parameter.name), f"{name} needs {parameter.name!r}{kind}; add it", node)

    def _check_value(self, node: Node, parameter: Parameter, place: Place, at: Path) -> None:
        if node.is_open():  # nobody knows what it will be
            return
        if isinstance(node, SequenceNode) and place.family is not None and not takes_list(parameter.annotation):
            self._add(at, f"expected one of the {place.family.name}, got a list", node)
            return
        if isinstance(node, MappingNode | SequenceNode):
            self._check_component(node, place, at)
            if place.family is not None:
                return
        value = node.plain()
        if value is None and not takes_null(parameter.annotation):
            wanted = place.family.name if place.family else shown_type(parameter.annotation)
            self._add(at, f"null is no value here, expected {wanted}; drop the key or give a value", node)
        elif place.family is not None and value is not None and not accepts_scalar(parameter.annotation, value):
            self._add(at, f"expected one of the {place.family.name}, got {shown(value)}", node)
        elif place.family is None and not accepts(parameter.annotation, value):
            is_scalar = not isinstance(value, dict | list)  # of others the text as written is not known
            can_quote = is_scalar and accepts(parameter.annotation, str(value))
            quote = f"; quote it: {shown(str(value))}" if can_quote else ""
            if isinstance(value, dict) and list(value.values()) == [None] and accepts(parameter.annotation, "{}"):
                quote = "; put a text that begins with a brace into quotes"
            self._add(at, f"expected {shown_type(parameter.annotation)}, got {shown(value)}{quote}", node)
        elif at == ("trainer", "default_root_dir") and value is not None:
            self._add(at, "the run folder is chosen by run.root and run.name; set those", node)

    def _check_finite(self, node: Node, parameter: Parameter, signature: Signature, at: Path) -> None:
        """Refuse infinities and NaN where neither default nor docstring says that the argument takes them."""
        found = list(non_finite(node, at))
        if found and not says_so(parameter, signature.doc):
            name = signature.class_path.rpartition(".")[2]
            for here, each in found:
                message = f"expected a finite number, got {shown(each.value)}, of which {name}'s docstring says nothing"
                self._add(here, message, each)

    def _add(self, at: Path, message: str, node: Node, options: tuple[str, ...] = (), key: str | None = None) -> None:
        over = node.over.source if node.over is not None else None
        self.problems.append(Problem(message, dotted(at) if key is None else key, node.source, over, options))

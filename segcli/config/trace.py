"""Tell how a value came about: who set it, over whom, and through which interpolation."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from segcli.config.component import component_key, flat_key
from segcli.config.compose import Experiment
from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.library import Place
from segcli.config.node import ComponentNode, Key, MappingNode, Node, Path, ScalarNode, SequenceNode, dotted, lookup
from segcli.config.render import flat, one_line
from segcli.config.resolve import default_of, resolve


@dataclass(frozen=True)
class Step:
    """One value that a key has or had.

    Attributes:
        value: The value, in one line.
        source: Who set it.
        text: The interpolation that gave it, or empty.
    """

    value: str
    source: str
    text: str = ""


@dataclass(frozen=True)
class Trace:
    """How one key came by its value.

    Attributes:
        key: Dotted key.
        value: The plain value; None for one that was removed.
        steps: The last to set it first; the end may be the default in the code.
        parts: What an interpolation refers to, or, for a component or section, what is in it.
    """

    key: str
    value: object
    steps: tuple[Step, ...]
    parts: tuple["Trace", ...] = field(default=())

    def as_dict(self) -> dict[str, object]:
        """Return everything as plain values."""
        steps = [{"value": step.value, "source": step.source, "text": step.text} for step in self.steps]
        return {"key": self.key, "value": self.value, "steps": steps, "parts": [part.as_dict() for part in self.parts]}


def trace(experiment: Experiment, key: str) -> Trace:
    """Follow one key back to its origins.

    Args:
        experiment: A composed experiment.
        key: Dotted key; what leads to arguments may be left out, and list elements go by their index.

    Raises:
        ConfigError: If an experiment has no such key; the message suggests one.
    """
    root = resolve(experiment)
    if experiment.variables is not None:
        root.value["vars"] = experiment.variables
    path = tuple(flat_key(component_key(key)).split("."))
    node = lookup(root, path)
    removed = {dotted(where): gone for where, gone in experiment.removed.items()}.get(".".join(path))
    if node is None and removed is None:
        raise _unknown(experiment, root, path)
    place, default = _place(experiment, root, path)
    if removed is not None:
        gone = Step("removed", str(removed.source), "!del")
        below = [_step(each, place) for each in _chain(removed.over)]
        now = [_step(each, place) for each in _chain(node)]
        return Trace(key, node.plain() if node is not None else None, (*now, gone, *below))
    assert node is not None
    return _follow(".".join(path), node, place, default)


def _follow(key: str, node: Node, place: Place, default: Node | None = None) -> Trace:
    if isinstance(node, MappingNode):
        steps = [_step(cls, place) for cls in _chain(node.cls)] if isinstance(node, ComponentNode) else []
        inner = place.inside(place.class_path(node.name)) if isinstance(node, ComponentNode) else place
        parts = [
            _follow(f"{key}.{name}", child, inner.child(name), _default(inner, name))
            for name, child in node.fields.items()
        ]
        return Trace(key, flat(node, place).plain(), tuple(steps), tuple(parts))
    steps = [_step(each, place) for each in _chain(node)]
    if default is not None and str(default.source) != steps[-1].source:
        steps.append(_step(default, place))
    parts = [_follow(name, target, Place(place.library)) for name, target in node.refs]
    return Trace(key, node.plain(), tuple(steps), tuple(parts))


def _step(node: Node, place: Place) -> Step:
    family = place.family
    is_class = family is not None and isinstance(node.value, str)
    value = place.library.short_name(str(node.value), family) if is_class else one_line(node, place)
    return Step(value, str(node.source), node.text or "")


def _chain(node: Node | None) -> Iterator[Node]:
    """Yield a node and all that it lies over, each source once."""
    seen = set()
    while node is not None:
        if node.source not in seen:
            yield node
        seen.add(node.source)
        node = node.over


def _place(experiment: Experiment, root: Node, path: Path) -> tuple[Place, Node | None]:
    """Return the place of a key, and the default that the code has for it."""
    library = experiment.library
    place, node, default = library.root, root, None
    for key in path:
        if isinstance(node, ComponentNode):
            place = place.inside(place.class_path(node.name))
        default = _default(place, key)
        place = place if isinstance(node, SequenceNode) else place.child(key)
        node = lookup(node, (key,)) or ScalarNode(None, node.source)
    return place, default


def _default(place: Place, key: Key) -> Node | None:
    """Return the default that the code has for an argument; None for a required one, and where there is no class."""
    signature = place.library.signature(place.arguments_of) if place.arguments_of else None
    parameter = signature.parameters.get(str(key)) if signature else None
    if signature is None or parameter is None or parameter.required:
        return None
    return default_of(parameter, signature, place.library)


def _unknown(experiment: Experiment, root: Node, path: Path) -> ConfigError:
    known = [dotted(where[:n]) for where, _ in root.leaves() for n in range(1, len(where) + 1)]
    wanted = ".".join(map(str, path))
    above: Path = next((p for n in range(len(path) - 1, -1, -1) if (p := path[:n]) == () or lookup(root, p)), ())
    node = lookup(root, above) if above else root
    assert node is not None
    fields = node.fields if isinstance(node, MappingNode) else {}
    options = tuple(str(name) for name in fields)
    bad = path[len(above)]
    where = f"{dotted(above)} has no {bad!r}" if above else f"no key {bad!r}"
    close = did_you_mean(bad, options) or did_you_mean(wanted, dict.fromkeys(known))
    ends = [key for key in dict.fromkeys(known) if key.endswith(f".{wanted}")]
    if ends:  # written without what is before it
        return ConfigError([Problem(f"{where} (did you mean {ends[0]!r}?)", wanted, options=tuple(ends))])
    return ConfigError([Problem(f"{where}{close}", wanted, experiment.source(wanted), options=options)])

"""What callbacks, checkpoints and schedules monitor: names that are logged, and the end of each that is the best.

A ``mode`` that nobody wrote follows the metric; null says the same. Only one that somebody wrote can contradict it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from segcli.config.component import within
from segcli.config.errors import Problem, did_you_mean
from segcli.config.library import Library, Place, UnknownClassError
from segcli.config.measured import measured_scores
from segcli.config.node import ComponentNode, Key, MappingNode, Node, Path, SequenceNode, dotted
from segcli.config.signatures import Signature
from segcli.registry import SECTIONS
from segcli.score_spec import MODE, MONITOR, SCORES, LoggedScore, Mode, ScoreSpec, find_score, logged_scores

_KNOWN_LOGGERS = ("segcli.", "pytorch_lightning.")
"""Packages whose callbacks log no metric that could be monitored."""
_DEFAULTS_OF_0_4_0 = ("monitor", "mode", "filename", "save_top_k")
_WITHOUT_MONITOR: Mode = "max"
"""What the default of 0.4.0 said where nothing is monitored: of no effect, but part of a run's identity."""


@dataclass(frozen=True)
class Monitored:
    """A class with an argument ``monitor``, as an experiment configures it.

    Attributes:
        path: Of its arguments in the expanded tree.
        key: Dotted key of the component.
        name: Of the class.
        signature: Of its constructor.
        fields: Its arguments as given.
        scores: That the experiment logs.
    """

    path: Path
    key: str
    name: str
    signature: Signature
    fields: Mapping[Key, Node]
    scores: Mapping[str, ScoreSpec] = field(default_factory=lambda: SCORES)

    @property
    def monitor(self) -> str | None:
        """The metric's name, as given or by default; None if nothing is monitored."""
        node = self.fields.get(MONITOR)
        value = node.value if node is not None else self.signature.parameters[MONITOR].default
        return value if isinstance(value, str) else None

    @property
    def score(self) -> LoggedScore | None:
        """What is known of the metric."""
        return find_score(self.monitor, self.scores) if self.monitor is not None else None

    @property
    def has_mode(self) -> bool:
        """Whether the class takes ``min`` or ``max``."""
        return MODE in self.signature.parameters

    @property
    def written_mode(self) -> Node | None:
        """The mode that somebody wrote; None for one that follows the metric."""
        node = self.fields.get(MODE)
        return node if node is not None and node.value is not None else None

    @property
    def followed_mode(self) -> Mode | None:
        """The mode that the metric has; None where nothing is known of it."""
        if self.score is not None:
            return self.score.spec.mode
        return _WITHOUT_MONITOR if self.monitor is None else None

    def contradicts(self, mode: Node) -> bool:
        """Return whether a mode would keep the worst."""
        return self.score is not None and mode.value in ("min", "max") and mode.value != self.score.spec.mode

    def is_saved(self) -> bool:
        """Return whether its arguments are those that a run saves: all of them, or with the four that 0.4.0 added."""
        of_defaults = self.path == ("checkpoint",) and set(_DEFAULTS_OF_0_4_0) <= set(self.fields)
        return of_defaults or set(self.signature.parameters) <= set(self.fields)


def monitored(root: MappingNode, library: Library) -> Iterator[Monitored]:
    """Yield every class of an experiment that monitors a metric.

    Args:
        root: A merged tree.
        library: What is known about components.
    """
    scores = measured_scores(root, library)
    for key, child in root.value.items():
        found: Iterator[Monitored] = iter(())
        if key in SECTIONS and isinstance(child, MappingNode):
            found = _of_class(child.value, SECTIONS[str(key)], Place(library), (key,), (key,))
        elif key == "data":
            found = _of_value(child, library.root.child(key), (key,), (key,))
        yield from (replace(each, scores=scores) for each in found)


def with_modes(tree: dict[str, Any], found: Sequence[Monitored]) -> dict[str, Any]:
    """Fill modes that follow their metrics into an expanded tree; leave out those that nothing is known of.

    Args:
        tree: Plain values; changed in place.
        found: What the same experiment monitors.
    """
    for each in found:
        if not each.has_mode or each.written_mode is not None:
            continue
        at: Any = tree
        for key in each.path:
            at = at[key]
        if each.followed_mode is not None:
            at[MODE] = each.followed_mode
        else:
            at.pop(MODE, None)
    return tree


def forget_default_modes(root: MappingNode, library: Library, saved: Collection[str]) -> None:
    """Let modes follow their metrics that 0.4.0 saved, and that nobody wrote: its default was max for every metric.

    Args:
        root: A merged and interpolated tree; changed in place.
        library: What is known about components.
        saved: Files that say ``defaults: none``, as those that a run saves.
    """
    for each in monitored(root, library):
        mode = each.written_mode
        if mode is not None and mode.source.where in saved and each.contradicts(mode) and each.is_saved():
            mode.value = None


def check_monitors(root: MappingNode, library: Library, classes: Sequence[str] | None = None) -> list[Problem]:
    """Return what is wrong with the metrics that an experiment monitors.

    Args:
        root: A merged and interpolated tree.
        library: What is known about components.
        classes: Names of the classes, once they are known.
    """
    problems: list[Problem] = []
    for each in monitored(root, library):
        if each.monitor is not None and "${" not in each.monitor:
            node = each.fields.get(MONITOR)
            where = f"{each.key}.{MONITOR}", node.source if node is not None else None
            wrong = check_metric(each.monitor, root, library, classes)
            problems += [Problem(wrong, *where)] if wrong else _of_mode(each)
    return problems


def check_metric(metric: str, root: MappingNode, library: Library, classes: Sequence[str] | None = None) -> str:
    """Return what is wrong with the name of a metric, since no epoch should be spent on one that is never logged.

    Args:
        metric: The name.
        root: A merged and interpolated tree.
        library: What is known about components.
        classes: Names of the classes, once they are known.
    """
    specs = measured_scores(root, library)
    keys = {spec.needs for spec in specs.values() if spec.needs and _value(root, spec.needs) is not None}
    score = find_score(metric, specs)
    if score is not None and score.spec.needs and score.spec.needs not in keys:
        return f"got {metric!r}, which is logged with AveragePrecision among model.metrics; add it"
    is_of_some_class = score is not None and score.spec.per_class and score.stage == "val"
    is_binary = _value(root, "model.task") == "binary"
    logged = [str(one) for one in logged_scores(classes or (), keys=keys, specs=specs, is_binary=is_binary)]
    if metric in logged or (is_of_some_class and classes is None):
        return ""
    if score is None and _has_own_callbacks(root, library):
        return ""
    options = [str(one) for one in logged_scores(["<class>"], keys=keys, specs=specs)]
    guess = did_you_mean(metric, logged if classes is not None else [*logged, *options])
    return f"got {metric!r}, which is not logged{guess}; expected one of {', '.join(options)}"


def _of_mode(each: Monitored) -> Iterator[Problem]:
    if not each.has_mode:
        return
    written, key = each.written_mode, f"{each.key}.{MODE}"
    if written is not None and each.contradicts(written):
        assert each.score is not None
        better = "lower" if each.score.spec.lower_is_better else "higher"
        message = (
            f"got {written.value}, but of {each.monitor} the {better} is better; drop the mode, it follows the metric"
        )
        yield Problem(message, key, written.source)
    elif written is None and each.followed_mode is None:
        node = each.fields.get(MONITOR)
        message = f"is needed for {each.monitor}, which segcli knows nothing of: min if lower is better, max if higher"
        yield Problem(message, key, node.source if node is not None else None)


def _of_class(fields: Mapping[Key, Node], path: str, place: Place, at: Path, shown: Path) -> Iterator[Monitored]:
    library, inner = place.library, place.inside(path)
    signature, _ = library.accepted(path, place.family)
    if signature is not None and MONITOR in signature.parameters:
        yield Monitored(at, dotted(shown), path.rpartition(".")[2], signature, fields)
    for key, child in fields.items():
        yield from _of_value(child, inner.child(key), (*at, key), (*shown, key))


def _of_value(node: Node, place: Place, at: Path, shown: Path) -> Iterator[Monitored]:
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from _of_value(item, place, (*at, index), (*shown, index))
    elif isinstance(node, ComponentNode):
        try:
            path = place.class_path(node.name)
        except UnknownClassError:  # told elsewhere
            return
        yield from _of_class(node.arguments, path, place, within(at), shown)
    elif isinstance(node, MappingNode):
        for key, child in node.value.items():
            yield from _of_value(child, Place(place.library), (*at, key), (*shown, key))


def _value(root: MappingNode, key: str) -> object:
    node: Node | None = root
    for part in key.split("."):
        node = node.value.get(part) if isinstance(node, MappingNode) else None
    return node.value if node is not None else None


def _has_own_callbacks(root: MappingNode, library: Library) -> bool:
    """Return whether callbacks of the user, who may log what they like, take part."""
    trainer = root.value.get("trainer")
    node = trainer.value.get("callbacks") if isinstance(trainer, MappingNode) else None
    items = node.value if isinstance(node, SequenceNode) else [node]
    names = [item.name for item in items if isinstance(item, ComponentNode)]
    return any(not _class_path(name, library).startswith(_KNOWN_LOGGERS) for name in names)


def _class_path(name: str, library: Library) -> str:
    try:
        return library.class_path(name, library.families["callbacks"])
    except UnknownClassError:  # told elsewhere
        return name

"""Compare every experiment of a working tree with what it was at a revision, and group equal effects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segcli.config.compose import Experiment, compose
from segcli.config.diff import Change, diff, effective_batch
from segcli.config.discover import find_experiments
from segcli.config.errors import ConfigError
from segcli.config.files import Revision
from segcli.config.library import Library, installed
from segcli.config.node import Source
from segcli.registry import SECTIONS


@dataclass(frozen=True)
class Effect:
    """One change of one or several experiments, written at one place.

    Attributes:
        change: What changed.
        experiments: Names of the experiments that it changes.
    """

    change: Change
    experiments: tuple[str, ...]


@dataclass
class Review:
    """What a working tree does to the experiments of a revision.

    Attributes:
        effects: Changes, those of most experiments first.
        pairs: Both sides of every experiment that changed, by name.
        added: Experiments that the revision has not.
        removed: Experiments that the working tree has not.
        unchanged: Experiments whose meaning is the same.
        broken: First error of every experiment that does not compose, with the side where.
        batches: Experiments whose images per optimizer step differ, by these before and after.
        code: Changed source files of components, with the experiments that use them.
    """

    effects: list[Effect] = field(default_factory=list)
    pairs: dict[str, tuple[Experiment, Experiment]] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    batches: dict[tuple[int | None, int | None], list[str]] = field(default_factory=dict)
    code: dict[str, list[str]] = field(default_factory=dict)

    def changed(self) -> bool:
        """Return whether the meaning of any experiment changed, as far as files and signatures tell."""
        return bool(self.pairs or self.added or self.removed or self.broken)


def review(revision: Revision, files: Sequence[Path] = (), show_hidden: bool = False) -> Review:
    """Compare experiments at a revision with those on disk.

    Args:
        revision: The side before.
        files: Experiments to compare; none for all of the working directory, at either side.
        show_hidden: Whether run folders, loggers and paths count as changes.
    """
    before, after = Library(revision), installed()
    folder = Path.cwd()
    old = {p.resolve() for p in (files or find_experiments(folder, before)) if revision.is_file(p)}
    new = {p.resolve() for p in (files or find_experiments(folder, after)) if p.is_file()}
    reviewer = _Reviewer(revision, before, after, show_hidden)
    for path in sorted(old | new):
        reviewer.compare(path, path in old, path in new)
    reviewer.result.effects = reviewer.grouped()
    return reviewer.result


class _Reviewer:
    def __init__(self, revision: Revision, before: Library, after: Library, show_hidden: bool) -> None:
        self.before, self.after, self.show_hidden = before, after, show_hidden
        self.touched = revision.changed
        self.code_touched = {path for path in self.touched if path.suffix == ".py"}
        self.result = Review()
        self._found: dict[tuple[str, str, str, Source | None], tuple[Change, list[str]]] = {}

    def compare(self, path: Path, was: bool, remains: bool) -> None:
        name, result = self.after.files.show(path), self.result
        if not was or not remains:
            (result.removed if was else result.added).append(name)
            return
        new = self._composed(path, self.after, name)
        if new is not None and not self.code_touched and not self.touched & set(new.files):
            result.unchanged.append(name)
            return
        old = self._composed(path, self.before, name)
        if old is None or new is None:
            return
        changes = [change for change in diff(old, new) if self.show_hidden or not change.hidden]
        for change in changes:
            key = (change.key, change.old, change.new, change.origin)
            self._found.setdefault(key, (change, []))[1].append(name)
        if changes:
            result.pairs[name] = (old, new)
            before, after = effective_batch(old), effective_batch(new)
            if before != after:
                result.batches.setdefault((before, after), []).append(name)
        else:
            result.unchanged.append(name)
        for file in self._code_of(new):
            result.code.setdefault(file, []).append(name)

    def grouped(self) -> list[Effect]:
        """Return equal changes as one effect, those of most experiments first."""
        effects = [Effect(change, tuple(names)) for change, names in self._found.values()]
        return sorted(effects, key=lambda effect: -len(effect.experiments))

    def _composed(self, path: Path, library: Library, name: str) -> Experiment | None:
        try:
            return compose([path], library=library)
        except ConfigError as error:
            side = "" if library is self.after else f" at {self.before.files.show(path).partition(':')[0]}"
            self.result.broken[name] = f"does not compose{side}: {error.problems[0]}"
            return None

    def _code_of(self, experiment: Experiment) -> Iterable[str]:
        """Return the changed source files of the classes that an experiment names."""
        named = {*_classes(experiment.expanded()), *SECTIONS.values()}
        used = {file for path in named if (file := self._source_of(path)) is not None}
        return sorted(self.after.files.show(file) for file in used & self.code_touched)

    def _source_of(self, path: str) -> Path | None:
        signature = self.after.signature(path)
        file = self.after.modules.file(signature.class_path.rpartition(".")[0]) if signature else None
        return file.resolve() if file is not None else None


def _classes(tree: object) -> Iterable[str]:
    if isinstance(tree, Mapping):
        if isinstance(tree.get("class_path"), str):
            yield tree["class_path"]
        for child in tree.values():
            yield from _classes(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _classes(child)

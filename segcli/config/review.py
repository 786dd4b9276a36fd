"""Compare every experiment of a working tree with what it was at a revision, and group equal effects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segcli.config.component import component_of
from segcli.config.compose import Experiment, compose
from segcli.config.diff import Change, diff, effective_batch
from segcli.config.discover import find_experiments
from segcli.config.errors import ConfigError, Problem
from segcli.config.files import PACKAGE, Revision
from segcli.config.keys import GROUPS
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
    """What a working tree does to the experiments of a revision, which go by the paths of their files.

    Attributes:
        effects: Changes, by group, those of most experiments first.
        pairs: Both sides of every experiment that changed.
        added: Experiments that the revision has not.
        removed: Experiments that the working tree has not.
        unchanged: Experiments whose meaning is the same.
        broken: First mistake of every experiment that composes no longer, or is new and does not compose.
        mended: First mistake, at the revision, of every experiment that composes by now.
        still_broken: First mistake of every experiment that composes on neither side.
        hidden: Experiments in which a key differs that says nothing about them, by that key.
        batches: Experiments whose images per optimizer step differ, by these before and after.
        code: Changed source files of classes, with the experiments that name these.
        other_code: Changed source files of the package besides.
    """

    effects: list[Effect] = field(default_factory=list)
    pairs: dict[str, tuple[Experiment, Experiment]] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    broken: dict[str, Problem] = field(default_factory=dict)
    mended: dict[str, Problem] = field(default_factory=dict)
    still_broken: dict[str, Problem] = field(default_factory=dict)
    hidden: dict[str, list[str]] = field(default_factory=dict)
    batches: dict[tuple[int | None, int | None], list[str]] = field(default_factory=dict)
    code: dict[str, list[str]] = field(default_factory=dict)
    other_code: list[str] = field(default_factory=list)

    def changed(self) -> bool:
        """Return whether the meaning of any experiment changed, as far as files and signatures tell."""
        return bool(self.pairs or self.added or self.removed or self.broken or self.mended)

    def experiments(self) -> list[str]:
        """Return every experiment of either side, by the path of its file, sorted."""
        sides = (self.pairs, self.added, self.removed, self.unchanged, self.broken, self.mended, self.still_broken)
        return sorted({name for side in sides for name in side})


def review(revision: Revision, files: Sequence[Path] = (), show_hidden: bool = False) -> Review:
    """Compare experiments at a revision with those on disk.

    Args:
        revision: The side before.
        files: Experiments to compare; none for all of the working directory, at either side.
        show_hidden: Whether run folders, loggers and paths count as changes.
    """
    before, after = Library(revision), installed()
    folder = Path.cwd()
    found = {path.resolve() for side in (before, after) for path in (files or find_experiments(folder, side))}
    reviewer = _Reviewer(revision, before, after, show_hidden)
    for path in sorted(found):
        reviewer.compare(path)
    reviewer.finish()
    return reviewer.result


class _Reviewer:
    def __init__(self, revision: Revision, before: Library, after: Library, show_hidden: bool) -> None:
        self.before, self.after, self.show_hidden = before, after, show_hidden
        self.touched = revision.changed
        self.code_touched = {path for path in self.touched if path.suffix == ".py"}
        self.result = Review()
        self._found: dict[tuple[str, str, str, Source | None], tuple[Change, list[str]]] = {}

    def compare(self, path: Path) -> None:
        """Compare one file, which may be on one side only."""
        name, result = self.after.files.show(path), self.result
        if not self.after.files.is_file(path):
            result.removed.append(name)
            return
        new = _composed(path, self.after)
        if not self.before.files.is_file(path):
            result.added.append(name)
            if isinstance(new, Problem):
                result.broken[name] = new
            return
        if isinstance(new, Experiment) and not self.code_touched and not self.touched & set(new.files):
            result.unchanged.append(name)
            return
        old = _composed(path, self.before)
        if isinstance(old, Experiment) and isinstance(new, Experiment):
            self._compare(name, old, new)
        elif isinstance(new, Problem):
            (result.broken if isinstance(old, Experiment) else result.still_broken)[name] = new
        elif isinstance(old, Problem):
            result.mended[name] = old

    def _compare(self, name: str, old: Experiment, new: Experiment) -> None:
        result, changes = self.result, diff(old, new)
        shown = [change for change in changes if self.show_hidden or not change.hidden]
        for change in changes:
            if change in shown:
                key = (change.key, change.old, change.new, change.origin)
                self._found.setdefault(key, (change, []))[1].append(name)
            else:
                result.hidden.setdefault(change.key, []).append(name)
        if shown:
            result.pairs[name] = (old, new)
            before, after = effective_batch(old), effective_batch(new)
            if before != after:
                result.batches.setdefault((before, after), []).append(name)
        else:
            result.unchanged.append(name)
        for file in self._code_of(new):
            result.code.setdefault(file, []).append(name)

    def finish(self) -> None:
        """Group equal changes as one effect, and name the code that no class stands for."""
        effects = [Effect(change, tuple(names)) for change, names in self._found.values()]
        order = {group: index for index, group in enumerate(GROUPS)}
        self.result.effects = sorted(effects, key=lambda e: (order[e.change.group], -len(e.experiments)))
        inside = sorted(path for path in self.code_touched if path.is_relative_to(PACKAGE))
        shown = (self.after.files.show(path) for path in inside)
        self.result.other_code = [file for file in shown if file not in self.result.code]

    def _code_of(self, experiment: Experiment) -> Iterable[str]:
        """Return the changed source files of the classes that an experiment names."""
        named = {*_classes(experiment.expanded()), *SECTIONS.values()}
        used = {file for path in named if (file := self._source_of(path)) is not None}
        return sorted(self.after.files.show(file) for file in used & self.code_touched)

    def _source_of(self, path: str) -> Path | None:
        signature = self.after.signature(path)
        file = self.after.modules.file(signature.class_path.rpartition(".")[0]) if signature else None
        return file.resolve() if file is not None else None


def _composed(path: Path, library: Library) -> Experiment | Problem:
    """Compose one file; return its first mistake if it has any."""
    try:
        return compose([path], library=library)
    except ConfigError as error:
        return error.problems[0]


def _classes(tree: object) -> Iterable[str]:
    if isinstance(tree, Mapping):
        if (found := component_of(tree)) is not None:
            yield found.name
        for child in tree.values():
            yield from _classes(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _classes(child)

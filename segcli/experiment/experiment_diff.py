"""Two experiments beside each other: files, runs or revisions of git."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from segcli.config.compose import Experiment, compose
from segcli.config.diff import Change, diff, effective_batch
from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.experiment_file import experiment_file
from segcli.config.files import Revision
from segcli.config.library import Library, installed
from segcli.config.node import MappingNode
from segcli.runs.run_folder import is_run


@dataclass
class ExperimentDiff:
    """Two experiments beside each other.

    Attributes:
        a: Name of the one before.
        b: Name of the one after.
        changes: What differs.
        hidden: Keys that differ and are not shown.
        batches: Images per optimizer step of both.
        costs: Parameters and FLOPs of both, where asked.
    """

    how_to_show_all: ClassVar[str] = "--all"
    a: str
    b: str
    changes: Sequence[Change]
    hidden: Sequence[str]
    batches: tuple[int | None, int | None]
    costs: tuple[object, object] | None = None

    def as_dict(self) -> dict[str, object]:
        """Return everything as plain values."""
        return {
            "a": self.a,
            "b": self.b,
            "changes": [change.as_dict() for change in self.changes],
            "hidden": list(self.hidden),
            "effective_batch": list(self.batches),
            "costs": None if self.costs is None else [str(cost) for cost in self.costs],
        }

    def remarks(self) -> list[str]:
        """Return what follows from the changes."""
        before, after = self.batches
        lines = [f"effective batch {before} → {after}"] if before != after else []
        if self.costs is not None:
            same = str(self.costs[0]) == str(self.costs[1])
            lines.append(f"{self.costs[0]}" + (" on both sides" if same else f" → {self.costs[1]}"))
        if self.hidden:
            what = f"run folders, loggers, workers, moved paths; {self.how_to_show_all} shows them"
            lines.append(f"not shown: {', '.join(self.hidden)} ({what})")
        return lines


def diff_experiments(
    a: str | MappingNode, b: str | MappingNode, composed: bool = False, builds: bool = False, shows_all: bool = False
) -> ExperimentDiff:
    """Compare two experiments by what they mean.

    Args:
        a: The one before: a file, a run folder, ``REV:FILE``, or an experiment that is no file.
        b: The one after.
        composed: Whether to compare what the files say only; otherwise with every default of the code.
        builds: Whether to add parameters and FLOPs of both, for which the models are built.
        shows_all: Whether to include what changes no result.

    Raises:
        ConfigError: If an experiment does not compose, or a revision is unknown.
    """
    old, new = experiment_of(a), experiment_of(b)
    changes = diff(old, new, composed)
    shown = [change for change in changes if shows_all or not change.hidden]
    hidden = [change.key for change in changes if change not in shown]
    name_a, name_b = (each if isinstance(each, str) else each.source.where for each in (a, b))
    found = ExperimentDiff(name_a, name_b, shown, hidden, (effective_batch(old), effective_batch(new)))
    if builds:
        from segcli.experiment.model_cost import cost_of

        found.costs = (cost_of(old), cost_of(new))
    return found


def experiment_of(word: str | MappingNode) -> Experiment:
    """Compose what one word names: a file, a folder of a run, or ``REV:FILE``; or what is no file.

    Raises:
        ConfigError: If it does not compose, or there is no such file or revision.
    """
    if isinstance(word, MappingNode):
        return compose([], base=word)
    if Path(word).exists() or ":" not in word:
        return compose([experiment_file(word)], reads_environment=not is_run(word))
    name, _, file = word.partition(":")
    revision = Revision(name)
    found = next((path for path in (Path(file).resolve(), revision.top / file) if revision.is_file(path)), None)
    if found is None:
        near = [installed().files.show(path) for path in revision.below(revision.top)]
        raise ConfigError([Problem(f"no file {file} at {name}{did_you_mean(file, near)}")])
    return compose([found], library=Library(revision))

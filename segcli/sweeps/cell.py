"""One cell of a sweep: an experiment with some of its values set, known by a hash."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segcli.config.compose import Experiment, compose
from segcli.config.dumper import dump_standalone
from segcli.config.errors import ConfigError, Problem
from segcli.config.keys import SEED, meaning_of
from segcli.config.resolve import resolve
from segcli.disk import write_text
from segcli.runs.identity import config_hash, identity
from segcli.sweeps.curve import Objective
from segcli.sweeps.grid import Settings, as_words

FOLDER = "sweep"


@dataclass(frozen=True)
class Typed:
    """What every cell has in common.

    Attributes:
        files: Experiment files, in order.
        overrides: ``--key value`` arguments, below those of the cells.
    """

    files: tuple[Path, ...]
    overrides: tuple[str, ...] = ()

    def experiment(self, settings: Settings = ()) -> Experiment:
        """Compose what the files say now.

        Raises:
            ConfigError: For every mistake.
        """
        return compose(self.files, [*self.overrides, *as_words(settings)])

    def words(self, settings: Settings = ()) -> list[str]:
        """Return the command line after ``segcli``."""
        files = [word for file in self.files for word in ("-c", str(file))]
        return ["fit", *files, *self.overrides, *as_words(settings)]


@dataclass(frozen=True)
class Cell:
    """A cell as it was composed when the sweep was typed.

    Attributes:
        typed: What all cells have in common.
        settings: What this one sets.
        parent: Folder of its runs, ``runs/<name>``.
        root: The part of it that ``run.root`` names.
        identity: What of it can change a result, by plain keys.
        hash: Of the identity; equal to that of its run.
        frozen: YAML of the experiment, without parents.
        objective: What its best checkpoint is chosen by, if by anything.
    """

    typed: Typed
    settings: Settings
    parent: Path
    root: Path
    identity: Mapping[str, Any] = field(repr=False)
    hash: str
    frozen: str = field(repr=False)
    objective: Objective | None = None

    @classmethod
    def of(cls, typed: Typed, settings: Settings) -> "Cell":
        """Compose a cell.

        Raises:
            ConfigError: For every mistake in it.
        """
        experiment = typed.experiment(settings)
        values = _stored(experiment)
        if values.get(SEED) is True:
            message = "got true, which stands for another seed each time; a sweep needs a number"
            raise ConfigError([Problem(message, SEED, experiment.source(SEED))])
        root = Path(experiment.get("run.root") or "runs")
        parent = root / (experiment.get("run.name") or typed.files[0].stem)
        frozen, monitor = dump_standalone(experiment.root), experiment.get("checkpoint.monitor")
        objective = Objective(monitor, experiment.expanded()["checkpoint"].get("mode") == "max") if monitor else None
        return cls(typed, settings, parent, root, identity(values), config_hash(values), frozen, objective)

    @property
    def monitor(self) -> str | None:
        """The metric that its best checkpoint is chosen by."""
        return self.objective.metric if self.objective is not None else None

    @property
    def label(self) -> str:
        """Its settings as typed."""
        return " ".join(f"{key}={text}" for key, text in self.settings)

    def file(self, suffix: str) -> Path:
        """Return a file of the sweep about this cell."""
        return self.parent / FOLDER / f"{self.hash}{suffix}"

    def freeze(self) -> None:
        """Write the experiment, to be run even if its files change.

        Raises:
            ConfigError: If it cannot be written.
        """
        path = self.file(".yaml")
        try:
            write_text(path, self.frozen)
        except OSError as error:
            raise ConfigError([Problem(f"cannot write to {path.parent}: {error.strerror}")]) from None

    def words(self) -> tuple[list[str], bool]:
        """Return the command line after ``segcli``, and whether the frozen experiment had to be taken."""
        try:
            now = config_hash(_stored(self.typed.experiment(self.settings)))
        except ConfigError:
            now = ""
        if now == self.hash:
            return self.typed.words(self.settings), False
        place = ["--run.root", str(self.root), "--run.name", str(self.parent.relative_to(self.root))]
        return ["fit", "-c", str(self.file(".yaml")), *place], True


def _stored(experiment: Experiment) -> dict[str, Any]:
    """Return every value as its run will store it."""
    return experiment.environment.stored(resolve(experiment).plain())


def compose_cells(typed: Typed, grid: Iterable[Settings]) -> list[Cell]:
    """Compose all cells.

    Raises:
        ConfigError: For every mistake in any of them, and for cells that are the same experiment.
    """
    cells: list[Cell] = []
    problems: list[Problem] = []
    for settings in grid:
        try:
            cells.append(Cell.of(typed, settings))
        except ConfigError as error:
            problems += error.problems
    problems = list(dict.fromkeys(problems)) or _duplicates(cells)
    if problems:
        raise ConfigError(problems)
    return cells


def _duplicates(cells: list[Cell]) -> list[Problem]:
    """Return what is wrong with cells that would be one run."""
    first: dict[str, Cell] = {}
    problems: dict[tuple[str, ...], Problem] = {}
    for cell in cells:
        other = first.setdefault(cell.hash, cell)
        if other is cell:
            continue
        pairs = zip(other.settings, cell.settings, strict=True)
        keys = tuple(key for (key, one), (_, two) in pairs if one != two)
        why = _why_the_same(keys)
        message = f"{other.label} and {cell.label} are the same experiment" + (f": {why}" if why else "")
        problems.setdefault(keys, Problem(f"{message}; leave one out"))
    return list(problems.values())


def _why_the_same(keys: tuple[str, ...]) -> str:
    meanings = [meaning_of(key) for key in keys]
    if not any(meaning.counts for meaning in meanings):
        return "these keys say where a run lies and how fast it is, not what it trains"
    return "of a path, the last part counts" if all(meaning.last_part for meaning in meanings) else ""

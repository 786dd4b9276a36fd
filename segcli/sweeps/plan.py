"""A search with everything that was left out filled in, and checked before anything is run."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from segcli.config.component import flat_key
from segcli.config.dumper import dump_inline
from segcli.config.errors import ConfigError, Problem
from segcli.config.measured import measured_scores
from segcli.config.monitored import check_metric
from segcli.config.tables import UNLIMITED, line_width, text_table
from segcli.score_spec import ScoreSpec, find_score
from segcli.sweeps.cell import Cell, Typed
from segcli.sweeps.curve import Objective
from segcli.sweeps.dimension import Choices, Range
from segcli.sweeps.grid import Settings
from segcli.sweeps.space import DIRECTIONS, Component, Space

SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Plan:
    """A search that may begin.

    Attributes:
        typed: Files and overrides of every trial.
        space: As written.
        objective: What is optimized.
        parent: Folder of the runs.
        fixed: What can change a result and is not searched, by plain keys.
    """

    typed: Typed
    space: Space
    objective: Objective
    parent: Path
    fixed: Mapping[str, Any]

    @property
    def storage(self) -> str:
        """URL of the data base."""
        return self.space.storage or f"{SQLITE}{self.parent / 'search.db'}"

    @property
    def study(self) -> str:
        """Name of the study in it."""
        return self.space.study or self.parent.name

    def lines(self) -> list[str]:
        """Return what is searched and how, as a table."""
        lines = {
            "metric": f"{self.objective.metric}, {self.objective.direction}",
            "trials": str(self.space.trials),
            "sampler": _shown(self.space.sampler, "TPESampler, {seed: 0}"),
            "pruner": _shown(self.space.pruner, "none"),
            "study": f"{self.study} in {self.storage}",
        }
        both = {**lines, **{key: str(each) for key, each in self.space.dimensions.items()}}
        return text_table(both.items(), width=line_width(UNLIMITED))


def plan_search(typed: Typed, space: Space) -> Plan:
    """Compose the ends of every range and every choice, the other keys at their first.

    Raises:
        ConfigError: For every mistake in any of them, and for keys that change nothing.
    """
    space = replace(space, dimensions={key: as_typed(typed, key, each) for key, each in space.dimensions.items()})
    examples = {key: dimension.examples() for key, dimension in space.dimensions.items()}
    cells: dict[Settings, Cell] = {}
    problems: list[Problem] = []
    for key, texts in examples.items():
        settings = [_settings(examples, {key: text}) for text in texts]
        for each in settings:
            try:
                cells[each] = cells.get(each) or Cell.of(typed, each)
            except ConfigError as error:
                problems += [_located(problem, space) for problem in error.problems]
        hashes = [cells[each].hash for each in settings if each in cells]
        if len(hashes) > 1 and len(set(hashes)) == 1:
            problems.append(Problem("changes nothing of what is trained", f"space.{key}", space.sources[key]))
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    first = next(iter(cells.values()))
    fixed = {key: value for key, value in first.identity.items() if not _is_searched(key, examples)}
    return Plan(typed, space, _objective(space, first), first.parent, fixed)


def as_typed(typed: Typed, key: str, dimension: Choices | Range) -> Choices | Range:
    """Return a dimension whose choices are the texts that were written, where its key takes texts.

    Args:
        typed: Files and overrides of every trial.
        key: Dotted key.
        dimension: As read, so that ``001`` is 1.
    """
    if isinstance(dimension, Range):
        return dimension
    texts = []
    for text, written in zip(dimension.texts, dimension.written, strict=True):
        value = None
        if written != text and "${" not in written:
            with contextlib.suppress(ConfigError):  # it is told of the text that is taken
                value = typed.experiment(((key, written),)).get(key)
        texts.append(dump_inline(value) if isinstance(value, str | list) else text)
    return Choices(tuple(texts), dimension.written)


def _settings(examples: Mapping[str, tuple[str, ...]], chosen: Mapping[str, str]) -> Settings:
    return tuple((key, chosen.get(key, texts[0])) for key, texts in examples.items())


def _is_searched(key: str, searched: Mapping[str, object]) -> bool:
    return any(key == other or key.startswith(f"{other}.") for other in searched)


def _located(problem: Problem, space: Space) -> Problem:
    """Say the line of the search space in place of the flag that was made of it."""
    flag = problem.source.where if problem.source is not None else ""
    return replace(problem, source=space.sources.get(flat_key(flag.removeprefix("--")), problem.source))


def _objective(space: Space, cell: Cell) -> Objective:
    metric = space.metric or cell.monitor
    if metric is None:
        raise ConfigError(
            [Problem("a search needs metric: val/mIoU, or another; checkpoint.monitor is null", "metric")]
        )
    experiment = cell.typed.experiment(cell.settings)
    if wrong := check_metric(metric, experiment.root, experiment.library):
        raise ConfigError([Problem(wrong, "metric", space.sources.get("metric"))])
    known = _direction(metric, cell, measured_scores(experiment.root, experiment.library))
    if space.direction is None and known is None:
        message = f"is needed for {metric}, which segcli knows nothing of, and checkpoint.monitor does not name"
        raise ConfigError([Problem(message, "direction", space.sources.get("metric"), options=DIRECTIONS)])
    if space.direction is not None and known is not None and space.direction != known:
        message = (
            f"got {space.direction}, but {known} is the direction of {metric}; leave it out, it follows the metric"
        )
        raise ConfigError([Problem(message, "direction", space.sources["direction"])])
    return Objective(metric, (space.direction or known) == "maximize")


def _direction(metric: str, cell: Cell, scores: Mapping[str, ScoreSpec]) -> str | None:
    """Return which way a metric is better: as segcli knows it, or as the checkpoint that follows it says."""
    score = find_score(metric, scores)
    if score is not None:
        return "minimize" if score.spec.lower_is_better else "maximize"
    return cell.objective.direction if cell.objective is not None and metric == cell.monitor else None


def _shown(component: Component | None, default: str) -> str:
    if component is None:
        return default
    return component.name + (f", {dump_inline(dict(component.arguments))}" if component.arguments else "")


def choices_of(space: Space) -> dict[str, list[str]]:
    """Return the texts of the keys that have choices."""
    return {key: list(each.texts) for key, each in space.dimensions.items() if isinstance(each, Choices)}

"""Put runs into groups: those of one experiment, or those that share the values of some keys."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segcli.comparison.load import shown
from segcli.comparison.measured_run import MeasuredRun
from segcli.comparison.settings import Values, comparable, differing, everything, keys_of, label, relevant, text_at
from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.keys import PREDICTIONS, SEED
from segcli.runs.stored_run import StoredRun


@dataclass(frozen=True, eq=False)
class RunGroup:
    """Runs of one group.

    Attributes:
        label: What tells it from the other groups.
        settings: Its values of the keys, as text.
        runs: Its runs, by seed.
        experiments: The values of each different experiment in it.
    """

    label: str
    settings: tuple[str, ...]
    runs: tuple[MeasuredRun, ...]
    experiments: tuple[Values, ...]


@dataclass(frozen=True, eq=False)
class Grouping:
    """All groups.

    Attributes:
        keys: What the groups differ in.
        groups: In the order of their first runs.
        notes: What to know of them, in sentences.
    """

    keys: tuple[str, ...]
    groups: tuple[RunGroup, ...]
    notes: tuple[str, ...]


def check_keys(by: Sequence[str], runs: Sequence[StoredRun]) -> None:
    """See that every key is one of the experiments.

    Raises:
        ConfigError: If one is not; the message suggests another.
    """
    known = keys_of(everything(run.config) for run in runs)
    problems = []
    for key in by:
        below = [other for other in known if other.startswith(f"{key}.")]
        if key not in known and below:
            problems.append(
                Problem(f"{key} is a section; name a value or a component of it", "--by", None, None, tuple(below))
            )
        elif key not in known:
            problems.append(Problem(f"the runs have no key {key!r}{did_you_mean(key, known)}", "--by"))
    if problems:
        raise ConfigError(problems)


def group_runs(measured: Sequence[MeasuredRun], by: Sequence[str] = ()) -> Grouping:
    """Put runs into groups.

    Args:
        measured: The runs.
        by: Keys whose values make a group; none takes all runs of an experiment, whatever their seed, as one.
    """
    kept, notes = _without_copies(measured)
    members: dict[tuple[str, ...], list[MeasuredRun]] = {}
    for one in kept:
        values = everything(one.run.config) if by else {}
        own = (
            tuple(comparable(values, key) for key in by) if by else (one.run.experiment_hash, *one.run.weights_at_start)
        )
        members.setdefault(own, []).append(one)
    sets = [sorted(runs, key=lambda one: (_number(one.run.seed), str(one.run.path))) for runs in members.values()]
    keys = tuple(by) or tuple(differing([relevant(runs[0].run.config) for runs in sets]))
    keys = () if keys == (PREDICTIONS,) and not by else keys  # labels say it
    groups = []
    for runs, name in zip(sets, _labels(sets, keys), strict=True):
        values, experiments = everything(runs[0].run.config), _experiments(runs)
        groups.append(RunGroup(name, tuple(text_at(values, key) for key in keys), tuple(runs), experiments))
        notes += _of_group(name, runs, experiments)
    return Grouping(keys, tuple(groups), tuple(notes))


def setting_changes(first: RunGroup, second: RunGroup, among: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    """Return what differs between the experiments of two groups besides the seed: key, one's values, the other's.

    Args:
        first: One group.
        second: The other.
        among: Keys in which the experiments of all groups differ.
    """
    sides = first.experiments, second.experiments
    keys = differing([*first.experiments, *second.experiments], among)
    texts = [[" or ".join(dict.fromkeys(text_at(values, key) for values in side)) for side in sides] for key in keys]
    return tuple((key, old, new) for key, (old, new) in zip(keys, texts, strict=True) if old != new)


def _experiments(runs: Sequence[MeasuredRun]) -> tuple[Values, ...]:
    return tuple({one.run.experiment_hash: relevant(one.run.config) for one in runs}.values())


def _labels(sets: Sequence[Sequence[MeasuredRun]], keys: Sequence[str]) -> list[str]:
    """Return a label for each set, with the folder of its first run where that alone tells them apart."""
    found = [_label(runs[0].run, keys) or runs[0].run.path.parent.name for runs in sets]
    return [
        name if found.count(name) == 1 else f"{name} ({shown(runs[0].run.path)})"
        for name, runs in zip(found, sets, strict=True)
    ]


def _label(run: StoredRun, keys: Sequence[str]) -> str:
    """Return what tells a run from others by its settings; of predictions that were not made here, their name."""
    if run.predictions:
        return str(run.config[PREDICTIONS])
    return label(everything(run.config), [key for key in keys if key != PREDICTIONS])


def _of_group(name: str, runs: Sequence[MeasuredRun], experiments: Sequence[Values]) -> list[str]:
    notes = []
    if len(experiments) > 1:
        keys = ", ".join(differing(experiments))
        notes.append(f"the runs of {name} differ in more than the seed, so ± is not that of seeds alone: {keys}")
    if len(experiments) == 1 and len({one.run.weights_at_start for one in runs}) > 1:
        notes.append(f"the runs of {name} began from different weights, so ± is not that of seeds alone")
    return notes


def _without_copies(measured: Sequence[MeasuredRun]) -> tuple[list[MeasuredRun], list[str]]:
    """Leave out all but the newest of runs with one experiment and one seed, or of the same predictions.

    Repeats tell nothing of other seeds.
    """
    kept: list[MeasuredRun] = []
    notes = []
    for one in sorted(measured, key=_age, reverse=True):
        newer = next((other for other in kept if _is_copy(one, other)), None)
        if newer is None:
            kept.append(one)
        else:
            older, newest = shown(one.run.path), shown(newer.run.path)
            same = "the same result" if _has_result_of(one, newer) else "another result"
            what = "predictions" if one.run.predictions else SEED
            notes.append(f"{older} has the {what} of {newest}, which is newer, and {same}: only the newer counts")
    return [one for one in measured if one in kept], notes


def _age(measured: MeasuredRun) -> tuple[str, int]:
    """Return when a run began, in whole seconds, and its number, which tells apart those of one second."""
    number = measured.run.path.name
    return str(measured.run.passport.get("started") or ""), int(number) if number.isdecimal() else 0


def _is_copy(one: MeasuredRun, other: MeasuredRun) -> bool:
    if one.run.predictions and other.run.predictions:
        hashes = one.run.predictions["sha256"], other.run.predictions["sha256"]
        return hashes[0] == hashes[1] and one.image_set == other.image_set
    same = (one.run.config_hash, one.run.weights_at_start) == (other.run.config_hash, other.run.weights_at_start)
    return _is_drawn(one.run.seed) and same


def _has_result_of(one: MeasuredRun, other: MeasuredRun) -> bool:
    same_images = one.ids == other.ids and np.array_equal(one.images, other.images)
    return same_images and np.array_equal(one.values, other.values)


def _is_drawn(seed: int | bool | None) -> bool:
    """Return whether random numbers come from a seed that is known."""
    return seed is not None and not isinstance(seed, bool)


def _number(seed: int | bool | None) -> int:
    return int(seed) if seed is not None else -1

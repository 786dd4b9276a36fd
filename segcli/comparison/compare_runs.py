"""Compare finished runs: read them, group them, and say how their groups differ, and whether that is noise."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, islice
from pathlib import Path

import numpy as np

from segcli.comparison.comparison import Comparison, Difference, Group, Pair
from segcli.comparison.convergence import common_level, converged, shared_steps
from segcli.comparison.cost import cost_of
from segcli.comparison.grouping import Grouping, RunGroup, check_keys, group_runs, setting_changes
from segcli.comparison.guards import mismatches
from segcli.comparison.image_groups import image_groups, image_units, notes_on_images, with_groups
from segcli.comparison.load import LeftOut, load_runs, shown
from segcli.comparison.measured_run import BEST, LAST, At, MeasuredRun, measure
from segcli.comparison.metric import MEAN_IOU, Metric, parse_metric
from segcli.comparison.settings import differing
from segcli.comparison.statistics import Moments, are_unequal, corrected, differences, estimates
from segcli.config.errors import MAX_OPTIONS, ConfigError, Problem
from segcli.runs.file_hashes import unhashed_note
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError
from segcli.score_spec import VAL

_MANY_MORE_VALIDATIONS = 1.25
"""Times as many validations of one group as of another, from which on it matters that each shows its best."""


def compare_runs(
    places: Sequence[Path],
    by: Sequence[str] = (),
    metric: str = MEAN_IOU,
    level: float | None = None,
    force: bool = False,
    at: At = BEST,
    group: str | None = None,
) -> Comparison:
    """Compare the runs among and below some folders.

    Args:
        places: Run folders, or folders of them.
        by: Keys whose values make a group; none takes all runs of an experiment, whatever their seed, as one.
        metric: Such as ``val/mIoU``, ``test/IoU/road`` or ``val/loss``.
        level: Value of the metric to which the runs' ways are timed; None takes one that all groups come to.
        force: Whether to compare runs of different data or metrics nonetheless.
        at: Which validation of each run: that of its best checkpoint, or the last.
        group: Pattern of the images' groups; None takes what the runs recorded.

    Raises:
        ConfigError: If a folder holds no run, no run is whole, a key or the metric is unknown, the pattern does not fit
            the images, the last test is asked for, or the runs are not comparable.
    """
    runs, left_out = load_runs(places)
    if not runs:
        raise _nothing_left(left_out)
    check_keys(by, runs)
    chosen = parse_metric(metric, runs)
    if level is not None and chosen.is_share and not 0 <= level <= 1:
        raise ConfigError([Problem(f"got {level:g}, expected 0 to 1, as {chosen} is", "--level")])
    if at == LAST and chosen.stage != VAL:
        raise ConfigError([Problem(f"tests are of the best checkpoint; compare {VAL}/{chosen.name}", f"--at {LAST}")])
    measured, unmeasured = _measured(runs, chosen, at)
    left_out += unmeasured
    if not measured:
        raise _nothing_left(left_out)
    measured, of_groups = with_groups(measured, group)
    found = mismatches(measured, chosen)
    if found and not force:
        why = "these runs cannot be compared fairly; choose others, or add --force"
        raise ConfigError([Problem(why), *(Problem(said) for said in found)])
    notes = [f"compared nonetheless (--force): {said}" for said in found]
    if measured[0].ids and len({one.image_set for one in measured}) > 1:
        notes.append("the images are not the same, so those of each run vary by themselves")
    grouping = group_runs(measured, by)
    compared = _comparison(grouping, chosen, level, left_out, [*notes, *of_groups, *grouping.notes])
    unhashed = unhashed_note([one.run.passport for one in measured])
    more = [*_notes_at(compared, grouping, chosen, at), *([unhashed] if unhashed else [])]
    return replace(compared, at=at, notes=(*compared.notes, *more))


def _comparison(
    grouping: Grouping, metric: Metric, level: float | None, left_out: Sequence[LeftOut], notes: list[str]
) -> Comparison:
    everyone = [one for group in grouping.groups for one in group.runs]
    lower = metric.is_lower_better([one.run for one in everyone])
    means = [float(np.mean([one.value for one in group.runs])) for group in grouping.groups]
    ranks = sorted(range(len(means)), key=lambda index: means[index] if lower else -means[index])
    ordered = [grouping.groups[index] for index in ranks]
    subjects = [name for name in everyone[0].subjects if all(name in one.subjects for one in everyone)]
    moments = [moments_of(group.runs, subjects) for group in ordered]
    if level is None:
        level = common_level([[one.curve for one in group.runs] for group in ordered], lower)
    steps = shared_steps([one.curve for one in everyone])
    groups = []
    for group, known in zip(ordered, moments, strict=True):
        score, *by_class = estimates(known)
        groups.append(
            Group(
                label=group.label,
                settings=group.settings,
                runs=tuple(one.run for one in group.runs),
                values=tuple(one.value for one in group.runs),
                score=score,
                by_class=dict(zip(subjects[1:], by_class, strict=True)),
                convergence=converged([one.curve for one in group.runs], level, steps, lower),
                cost=cost_of(group.runs),
            )
        )
    pairs = _pairs(ordered, moments, subjects)
    units = image_units(ordered, subjects)
    by_image = any(one.ids for one in everyone)
    notes = [
        *notes,
        *_notes(groups, metric, by_image),
        *notes_on_images(ordered, units),
        *_other_settings(pairs, grouping.keys),
    ]
    return Comparison(
        str(metric),
        grouping.keys,
        tuple(groups),
        pairs,
        level,
        tuple(left_out),
        tuple(notes),
        lower_is_better=lower,
        image_units=units,
        image_groups=image_groups(ordered),
        class_metric=metric.class_metric,
    )


def moments_of(runs: Sequence[MeasuredRun], subjects: Sequence[str]) -> Moments:
    """Summarise the runs of a group.

    Args:
        runs: At least one.
        subjects: S names of what each of them has: the metric, and classes.
    """
    columns = [[one.subjects.index(name) for name in subjects] for one in runs]
    values = np.stack([one.values[of] for one, of in zip(runs, columns, strict=True)])
    return Moments.of(values, [one.influence(subjects) for one in runs if one.ids])


def _pairs(groups: Sequence[RunGroup], moments: Sequence[Moments], subjects: Sequence[str]) -> tuple[Pair, ...]:
    indices = list(combinations(range(len(groups)), 2))
    found = [differences(subjects, moments[i], moments[j]) for i, j in indices]
    scores: list[Difference] = corrected([of_pair[0] for of_pair in found])
    classes = iter(corrected([one for of_pair in found for one in of_pair[1:]]))
    keys = differing([values for group in groups for values in group.experiments])
    return tuple(
        Pair(
            groups[i].label,
            groups[j].label,
            score,
            tuple(islice(classes, len(subjects) - 1)),
            setting_changes(groups[i], groups[j], keys),
        )
        for (i, j), score in zip(indices, scores, strict=True)
    )


def _measured(runs: Sequence[StoredRun], metric: Metric, at: At) -> tuple[list[MeasuredRun], list[LeftOut]]:
    measured, left_out = [], []
    for run in runs:
        try:
            measured.append(measure(run, metric, at))
        except UnreadableRunError as error:
            left_out.append((run.path, str(error)))
    if all(one.ids for one in measured):
        return measured, left_out
    return [one.without_images() for one in measured], left_out  # some kept no images of their last validation


def _notes(groups: Sequence[Group], metric: Metric, by_image: bool) -> list[str]:
    notes = []
    if not metric.has_images or (metric.has_rows and not by_image):
        notes.append(f"{metric} is not recorded by image: intervals are of seeds only")
    unequal = [group for group in groups if are_unequal([len(group.runs), max(len(each.runs) for each in groups)])]
    if unequal:
        few, many = min(len(group.runs) for group in unequal), max(len(group.runs) for group in groups)
        notes.append(
            f"{few} runs against {many}: the wider one counts of Welch's and Student's interval; more runs of "
            f"{_listed([group.label for group in unequal])} narrow it"
        )
    single = [group.label for group in groups if len(group.runs) == 1]
    if single:
        notes.append(f"a single run tells nothing of the noise between seeds: {_listed(single)}")
    devices = dict.fromkeys(group.cost.device for group in groups if group.cost.device)
    if len(devices) > 1 or any(", " in device for device in devices):
        notes.append(f"img/s and memory are of different devices: {_listed(list(devices))}")
    if len(curves := {_steps(group) for group in groups if _is_trained(group)}) > 1:
        notes.append(f"the groups trained for different numbers of steps: {', '.join(map(str, sorted(curves)))}")
    return notes


def _notes_at(compared: Comparison, grouping: Grouping, metric: Metric, at: At) -> list[str]:
    """Say what the choice of a validation does: the best of many is higher by chance alone than the best of few."""
    if at == LAST:
        has_images = any(one.ids for group in grouping.groups for one in group.runs)
        lack_images = metric.is_share and not has_images
        return ["runs kept no images of their last validation: intervals are of seeds only"] if lack_images else []
    if metric.stage != VAL:
        return []
    numbers = {
        group.label: float(np.mean([max(len(curve), 1) for curve in group.convergence.curves]))
        for group in compared.groups
        if _is_trained(group)
    }
    if not numbers:
        return []
    most, fewest = max(numbers, key=numbers.__getitem__), min(numbers, key=numbers.__getitem__)
    if numbers[most] < _MANY_MORE_VALIDATIONS * numbers[fewest]:
        return []
    return [
        f"{most} is the best of {numbers[most]:.3g} validations, {fewest} of {numbers[fewest]:.3g}: more are "
        f"better by chance alone; see --at {LAST}, or validate as often"
    ]


def _other_settings(pairs: Sequence[Pair], keys: Sequence[str]) -> list[str]:
    """Say where groups that were made by some keys differ in others too."""
    changed = dict.fromkeys(key for pair in pairs for key, _, _ in pair.settings)
    others = [key for key in changed if not any(key == own or key.startswith(f"{own}.") for own in keys)]
    made_by = ", ".join(keys)
    return [f"the groups differ in more than {made_by}: {_listed(others)}"] if others and keys else []


def _listed(labels: Sequence[str]) -> str:
    more = len(labels) - MAX_OPTIONS
    return "; ".join(labels[:MAX_OPTIONS]) + (f" and {more} more" if more > 0 else "")


def _is_trained(group: Group) -> bool:
    """Return whether its runs were trained here, and are no predictions of something else."""
    return not any(run.predictions for run in group.runs)


def _steps(group: Group) -> int:
    return max((curve[-1].step for curve in group.convergence.curves if curve), default=0)


def _nothing_left(left_out: Sequence[LeftOut]) -> ConfigError:
    problems = [Problem(f"{shown(path)} {reason}") for path, reason in left_out[:MAX_OPTIONS]]
    more = len(left_out) - len(problems)
    tail = [Problem(f"and {more} more")] if more > 0 else []
    return ConfigError([Problem(f"none of these runs can be compared: {len(left_out)} left out"), *problems, *tail])

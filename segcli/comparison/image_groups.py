"""Which images of the compared runs belong together, and what has to be known of that before intervals are trusted."""

from collections.abc import Sequence

import numpy as np

from segcli.comparison.comparison import Comparison, Estimate, ImageGroup, ImageUnits
from segcli.comparison.figures import plural
from segcli.comparison.grouping import RunGroup
from segcli.comparison.jackknife import chosen_lengths
from segcli.comparison.measured_run import MeasuredRun, fingerprint_of_groups
from segcli.config.errors import ConfigError, Problem
from segcli.datasets.frame_names import frame_sequences
from segcli.datasets.group_pattern import GroupPattern, GroupPatternError


def with_groups(measured: Sequence[MeasuredRun], pattern: str | None) -> tuple[list[MeasuredRun], list[str]]:
    """Give all runs of the same images the same groups.

    Args:
        measured: The runs.
        pattern: Of the groups; None takes what the runs recorded. Runs of before 0.5 recorded none.

    Returns:
        The runs, and notes.

    Raises:
        ConfigError: If the pattern is wrong or does not fit the images.
    """
    if pattern is not None:
        return [one.with_groups(pattern, _groups(pattern, one)) if one.ids else one for one in measured], []
    recorded: dict[tuple[str, ...], dict[tuple[str, ...], str]] = {}
    for one in measured:
        if one.groups:
            recorded.setdefault(one.ids, {}).setdefault(one.groups, one.pattern)
    notes = []
    for found in recorded.values():
        if len(found) > 1:
            patterns = list(found.values())
            notes.append(f"runs recorded other groups of images ({', '.join(patterns)}); {patterns[0]} counts: --group")
    known = {ids: next(iter(found.items())) for ids, found in recorded.items()}
    return [
        one.with_groups(known[one.ids][1], known[one.ids][0]) if one.ids in known else one for one in measured
    ], list(dict.fromkeys(notes))


def image_units(groups: Sequence[RunGroup], subjects: Sequence[str]) -> ImageUnits | None:
    """Return what the noise of images was counted by; None where images are not known.

    Args:
        groups: All groups of runs, best first.
        subjects: Names of what is compared, the metric first.
    """
    first = groups[0].runs[0]
    if not first.ids:
        return None
    units = first.units
    length = None
    if units.kind == "blocks":
        pair = groups[:2]
        runs = [one for group in pair for one in group.runs]
        signs = np.array(
            [sign / len(group.runs) for group, sign in zip(pair, (1, -1), strict=False) for _ in group.runs]
        )
        length = int(chosen_lengths([one.influence(subjects[:1]) for one in runs], signs)[0])
    return ImageUnits(units.kind, first.pattern, len(first.ids), units.num_groups, length)


def image_groups(groups: Sequence[RunGroup]) -> tuple[ImageGroup, ...]:
    """Return the metric of every group of images, by group of runs; nothing where every image is its own group."""
    first = groups[0].runs[0]
    if not first.groups or first.units.kind == "images":
        return ()
    values = [[one.group_values() for one in group.runs] for group in groups]
    return tuple(
        ImageGroup(
            name,
            first.groups.count(name),
            tuple(_estimate([each[name] for each in runs if name in each]) for runs in values),
        )
        for name in dict.fromkeys(first.groups)
    )


def notes_on_images(groups: Sequence[RunGroup], units: ImageUnits | None) -> list[str]:
    """Say what intervals do not cover, and where images look like frames though no groups are known."""
    first = groups[0].runs[0]
    if units is None:
        return []
    stage = first.metric.stage
    if not first.groups:
        found = frame_sequences(first.ids)
        if found is None:
            return []
        return [
            f"images of {stage} look like frames of {found}; if they are, intervals are too narrow: --group "
            f"'{found.pattern}', and data.group in the experiment ('{{image}}' if they are not)"
        ]
    unit = unit_of(units.pattern)
    shared = fingerprint_of_groups(first.run, stage).get("also_in_train") or 0
    names = list(dict.fromkeys(first.groups))
    if units.kind == "blocks":
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        too = f", {'which' if len(names) == shared else f'of which {shared}'} train holds too" if shared else ""
        size = units.block_images
        drawn = "each by itself" if size == 1 else f"blocks of {size} consecutive ones"
        return [
            f"{stage} is {plural(len(names), unit)} ({listed}){too}: the noise of images is that of {drawn}; other "
            f"{unit}s are not covered"
        ]
    if shared and units.kind == "groups":
        return [f"{shared} of {len(names)} {unit}s of {stage} are in train too; others are not covered"]
    return []


def image_unit(comparison: Comparison) -> str:
    """Return what a group of images is called: the field of the pattern, if it has one only."""
    return unit_of(comparison.image_units.pattern if comparison.image_units is not None else "")


def unit_of(pattern: str) -> str:
    """Return what a pattern's groups are called."""
    fields = GroupPattern(pattern).fields if pattern else ()
    return fields[0] if len(fields) == 1 else "group"


def _groups(pattern: str, one: MeasuredRun) -> list[str]:
    try:
        return GroupPattern(pattern).groups(one.ids)
    except GroupPatternError as error:
        raise ConfigError([Problem(str(error), "--group")]) from None


def _estimate(values: Sequence[float]) -> Estimate:
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return Estimate(float("nan"))
    return Estimate(float(np.mean(known)), float(np.std(known, ddof=1)) if len(known) > 1 else None)

"""What changed in the scores from one run to another, where each side is a single run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from segcli.comparison.compare_runs import moments_of
from segcli.comparison.comparison import Difference
from segcli.comparison.guards import mismatches
from segcli.comparison.load import shown
from segcli.comparison.measured_run import MeasuredRun, measure
from segcli.comparison.metric import Metric, specs_of
from segcli.comparison.statistics import differences
from segcli.runs.file_hashes import unhashed_note
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError
from segcli.score_spec import OF_A_SET, VAL


@dataclass(frozen=True)
class RunDeltas:
    """Scores of the run after minus those of the run before, on the validation split.

    Attributes:
        scores: Of mIoU, mDice, pixel accuracy and the metrics that both measured; intervals cover the choice of images
            only, there is no p.
        by_class: Of every class's IoU.
        why_not: Why there are none; empty if there are.
        note: What else is to be known of the runs.
    """

    scores: tuple[Difference, ...] = ()
    by_class: tuple[Difference, ...] = ()
    why_not: str = ""
    note: str = ""


def run_deltas(before: Path, after: Path) -> RunDeltas:
    """Compare the scores of two runs.

    Args:
        before: A run folder.
        after: Another.
    """
    try:
        runs = [StoredRun.load(path) for path in (before, after)]
        metrics = [Metric(VAL, spec.name) for spec in OF_A_SET]
        measured = [[measure(run, metric) for run in runs] for metric in metrics]
        measured += _of_metrics(runs)
    except UnreadableRunError as error:
        return RunDeltas(why_not=f"{shown(error.path)} {error}")
    note = unhashed_note([run.passport for run in runs])
    if found := mismatches(measured[0], metrics[0]):
        return RunDeltas(why_not="; ".join(found), note=note)
    with_classes, *others = (_differences(old, new) for old, new in measured)
    return RunDeltas((with_classes[0], *(found[0] for found in others)), tuple(with_classes[1:]), note=note)


def _of_metrics(runs: Sequence[StoredRun]) -> Iterator[list[MeasuredRun]]:
    """Yield what both runs have of ``model.metrics``, where both mean the same by it."""
    specs = [{spec.name: spec for spec in run.metric_specs} for run in runs]
    for name, spec in specs[0].items():
        metric = Metric(VAL, name, specs_of(runs))
        if specs[1].get(name) == spec:
            try:
                yield [measure(run, metric) for run in runs]
            except UnreadableRunError:  # it has no value there
                continue


def _differences(before: MeasuredRun, after: MeasuredRun) -> list[Difference]:
    subjects = [name for name in after.subjects if name in before.subjects]
    return differences(subjects, moments_of([after], subjects), moments_of([before], subjects))

"""One run with everything that a comparison needs of it, read at once so that a damaged run is known early."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segcli.compare.metric import MEAN_IOU, Metric
from segcli.compare.resampling import effective_number, resampled
from segcli.runs.class_scores import class_scores, set_score, table
from segcli.runs.image_counts import ImageCounts
from segcli.runs.passport import passport_of
from segcli.runs.run_folder import RunFolder
from segcli.runs.stored_run import Point, StoredRun, UnreadableRunError
from segcli.score_spec import SCORES

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeasuredRun:
    """A run and its scores.

    Attributes:
        run: The run.
        subjects: S names: the metric, then the classes that have a number.
        values: ``(S,)`` of the metric and of the classes' own.
        curve: The metric at every validation of the training.
        train_s: Seconds of training.
        ids: Names of the images, sorted; empty where the metric is not one of images.
        images: ``(N, 3 K + 2)`` pixels of each image, in the order of ``ids``; see
            :func:`segcli.runs.class_scores.table`.
        metric: What was measured.
    """

    run: StoredRun
    subjects: tuple[str, ...]
    values: Floats
    curve: Sequence[Point]
    train_s: float | None
    metric: Metric
    ids: tuple[str, ...] = ()
    images: Floats = field(default_factory=lambda: np.zeros((0, 0)), repr=False)

    @property
    def value(self) -> float:
        """Of the metric."""
        return float(self.values[0])

    @property
    def truth(self) -> Floats:
        """Pixels of each class in the truth of each image, ``(N, K)``."""
        return self.images[:, self.num_classes : 2 * self.num_classes]

    @property
    def num_classes(self) -> int:
        """K."""
        return (self.images.shape[1] - 2) // 3

    @cached_property
    def image_set(self) -> str:
        """What identifies the images: runs with the same are resampled together."""
        names = hashlib.sha256("\n".join(self.ids).encode()).hexdigest()
        return f"{names} {fingerprint(self.run, self.metric.stage).get('content')}"

    def resampled(self, subjects: Sequence[str]) -> Floats:
        """Return ``(B, S)`` the values of some subjects in every resample of the images."""
        sums = resampled(self.images, self.image_set)
        scores = _scores(self.metric, sums, self.run.classes)
        return np.stack([scores[name] for name in subjects], axis=1)

    def num_images(self, subjects: Sequence[str]) -> Floats:
        """Return ``(S,)`` the effective number of images of each subject; of a mean, the mean over its classes."""
        both = self.truth + self.images[:, 2 * self.num_classes : 3 * self.num_classes]
        numbers = effective_number(both)
        by_class = dict(zip(self.run.classes, numbers, strict=True))
        of_all = numbers[numbers > 0].mean()
        if not (self.metric.of_class or SCORES[self.metric.name].is_mean):
            of_all = effective_number(self.images[:, -1:])[0]
        number = {str(self.metric): by_class.get(self.metric.of_class, of_all), **by_class}
        return np.array([number[name] for name in subjects])


def measure(run: StoredRun, metric: Metric) -> MeasuredRun:
    """Read what a comparison needs of a run.

    Raises:
        UnreadableRunError: If a file of it is missing or damaged, or the metric has no value in it.
    """
    try:
        curve = [point for point in run.curve(metric.logged) if np.isfinite(point.value)]
        train_s = run.timing[-1]["train_s"] if run.timing else None
        epoch = run.scores().get("epoch")
        if epoch and not any(point.epoch == epoch for point in run.curve(MEAN_IOU)):
            raise UnreadableRunError(
                run.path, f"is damaged: metrics.csv or timing.csv has no validation of epoch {epoch}"
            )
        if metric.has_images:
            return _from_counts(run, metric, curve, train_s)
        labels = [name for name in run.classes if _is_logged(run, metric, name)]
        values = [metric.value(run), *(_class_metric(metric, name).value(run) for name in labels)]
        return MeasuredRun(run, (str(metric), *labels), np.array(values), curve, train_s, metric)
    except (KeyError, TypeError) as error:
        raise UnreadableRunError(run.path, f"a file of it is damaged: it lacks {error}") from None


def fingerprint(run: StoredRun, split: str) -> dict[str, object]:
    """Return what is recorded of the images of a split: ``count``, ``ids`` and ``content``; empty if nothing.

    Those of ``test`` are in the passport of the newest test.
    """
    try:
        passport = passport_of(RunFolder(run.folder(split))) if split == "test" else run.passport
    except UnreadableRunError:  # it was not tested
        return {}
    found = (passport.get("data") or {}).get("splits") or {}
    return dict(found.get(split) or {})


def _from_counts(run: StoredRun, metric: Metric, curve: Sequence[Point], train_s: float | None) -> MeasuredRun:
    counts = run.counts(metric.stage)
    if counts.num_classes != len(run.classes):
        reason = f"its images have {counts.num_classes} classes, its passport {len(run.classes)}"
        raise UnreadableRunError(run.path, reason)
    ids, images = _sorted(counts)
    scores = _scores(metric, images.sum(axis=0), run.classes)
    if np.isnan(scores[str(metric)]):
        raise UnreadableRunError(run.path, f"has no {metric}: no image holds it")
    values = {name: value for name, value in scores.items() if not np.isnan(value)}
    return MeasuredRun(run, tuple(values), np.array(list(values.values())), curve, train_s, metric, ids, images)


def _sorted(counts: ImageCounts) -> tuple[tuple[str, ...], Floats]:
    """Return names and rows of the images in the order of their names: processes gather them in any order."""
    order = sorted(range(len(counts.ids)), key=lambda position: counts.ids[position])
    return tuple(counts.ids[position] for position in order), table(counts.terms())[order]


def _scores(metric: Metric, sums: Floats, classes: Sequence[str]) -> dict[str, Floats]:
    """Return the metric, then the metric of every class by its name."""
    scores = class_scores(sums, metric.class_metric)
    by_class = {name: scores[..., index] for index, name in enumerate(classes)}
    of_all = by_class[metric.of_class] if metric.of_class else set_score(sums, metric.name)
    return {str(metric): of_all, **by_class}


def _class_metric(metric: Metric, name: str) -> Metric:
    return Metric(metric.stage, f"{metric.class_metric}/{name}")


def _is_logged(run: StoredRun, metric: Metric, name: str) -> bool:
    if not metric.class_metric:
        return False
    try:
        _class_metric(metric, name).value(run)
    except UnreadableRunError:
        return False
    return True

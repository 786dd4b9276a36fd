"""One run with everything that a comparison needs of it, read at once so that a damaged run is known early."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segcli.comparison.jackknife import Images
from segcli.comparison.metric import MEAN_IOU, Metric
from segcli.comparison.score_form import CountForm, RowForm, ScoreForm
from segcli.comparison.units import Units
from segcli.runs.class_scores import table
from segcli.runs.curve import Point
from segcli.runs.image_counts import ImageCounts
from segcli.runs.image_scores import ImageScores
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError

Floats = NDArray[np.float64]
At = Literal["best", "last"]
BEST: At = "best"
LAST: At = "last"
"""Validations of a run that can be compared."""


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
        images: ``(N, C)`` what each image adds, in the order of ``ids``; see :attr:`form`.
        metric: What was measured.
        groups: Which images belong together, a name for each; empty where that is not known.
        pattern: What made them, of ``data.group``.
        counts: ``(N, 3 K + 2)`` pixels of each image where ``images`` are rows of a metric's own; see
            :func:`segcli.runs.class_scores.table`.
        size: Values of such a row; 0 where there are none.
    """

    run: StoredRun
    subjects: tuple[str, ...]
    values: Floats
    curve: Sequence[Point]
    train_s: float | None
    metric: Metric
    ids: tuple[str, ...] = ()
    images: Floats = field(default_factory=lambda: np.zeros((0, 2)), repr=False)
    groups: tuple[str, ...] = ()
    pattern: str = ""
    counts: Floats | None = field(default=None, repr=False)
    size: int = 0

    @property
    def value(self) -> float:
        """Of the metric."""
        return float(self.values[0])

    @property
    def truth(self) -> Floats:
        """Pixels of each class in the truth of each image, ``(N, K)``."""
        counts = self.images if self.counts is None else self.counts
        return np.split(counts[:, :-2], 3, axis=1)[1]

    @cached_property
    def form(self) -> ScoreForm:
        """How sums over images become scores."""
        return _form(self.metric, self.size)

    @cached_property
    def image_set(self) -> str:
        """What identifies the images: runs with the same were measured on the same."""
        names = hashlib.sha256("\n".join(self.ids).encode()).hexdigest()
        return f"{names} {fingerprint(self.run, self.metric.stage).get('content')}"

    def without_images(self) -> "MeasuredRun":
        """Return the run as if nothing were known of its images."""
        return replace(self, ids=(), images=np.zeros((0, 2)), groups=(), pattern="", counts=None)

    def with_groups(self, pattern: str, groups: Sequence[str]) -> "MeasuredRun":
        """Return the run with groups of its images.

        Args:
            pattern: That made them.
            groups: Name for each image, in the order of ``ids``.
        """
        return replace(self, pattern=pattern, groups=tuple(groups))

    @cached_property
    def units(self) -> Units:
        """What of the images counts as drawn at once."""
        return Units.of(self.ids, self.groups)

    def influence(self, subjects: Sequence[str]) -> Images:
        """Return what the images do to some subjects."""
        total = self.images.sum(axis=0)
        by_name = self._shares(total)
        return Images(
            self.image_set,
            self.images,
            self.units,
            np.stack([by_name[name] for name in subjects], axis=1),
            lambda sums: _columns(self._without(total, sums), subjects),
            _columns(self._without(total, np.zeros_like(total)[None]), subjects)[0],
        )

    def _without(self, total: Floats, sums: Floats) -> dict[str, Floats]:
        """Return the scores without some images; a class that is in none of the others keeps its own."""
        rest, form = total - sums, self.form
        whole = form.classes(total)
        scores = form.classes(rest)
        scores = np.where(np.isnan(scores), whole, scores)
        by_class = {name: scores[:, index] for index, name in enumerate(self.run.classes[: len(whole)])}
        if self.metric.of_class:
            of_all = by_class[self.metric.of_class]
        elif form.is_mean:
            of_all = scores[:, ~np.isnan(whole)].mean(axis=1)
        else:
            of_all = form.whole(rest)
            of_all = np.where(np.isnan(of_all), form.whole(total), of_all)
        return {str(self.metric): of_all, **by_class}

    def _shares(self, total: Floats) -> dict[str, Floats]:
        """Return what part of each quantity's weight lies in each image, ``(N,)``; of a mean, its classes' mean."""
        both = self.form.class_weights(self.images)
        occurs = both.sum(axis=0) > 0
        shares = both / np.where(occurs, both.sum(axis=0), 1.0)
        by_class = {name: shares[:, index] for index, name in enumerate(self.run.classes[: both.shape[1]])}
        if self.metric.of_class:
            own = by_class[self.metric.of_class]
        elif self.form.is_mean:
            own = shares[:, occurs].mean(axis=1)
        else:
            own = self.form.weights(self.images) / self.form.weights(total[None])
        return {str(self.metric): own, **by_class}

    def group_values(self) -> dict[str, float]:
        """Return the metric of every group of images by its name; NaN where no image of it has one."""
        numbers = {name: number for number, name in enumerate(dict.fromkeys(self.groups))}
        sums = np.zeros((len(numbers), self.images.shape[1]))
        np.add.at(sums, [numbers[name] for name in self.groups], self.images)
        found = _scores(self.metric, self.form, sums, self.run.classes)[str(self.metric)]
        return dict(zip(numbers, found.tolist(), strict=True))


def measure(run: StoredRun, metric: Metric, at: At = BEST) -> MeasuredRun:
    """Read what a comparison needs of a run.

    Args:
        run: The run.
        metric: What to compare.
        at: Which validation. Of the last one, runs of before 0.5 kept no images: they are measured without.

    Raises:
        UnreadableRunError: If a file of it is missing or damaged, or the metric has no value in it.
    """
    run.evaluation(run.stage)
    curve = [point for point in run.curve(metric.logged) if np.isfinite(point.value)]
    train_s = run.timing[-1]["train_s"] if run.timing else None
    counts, rows = _counts(run, metric, at), _rows(run, metric, at)
    if counts is not None and (rows is not None or not metric.has_rows):
        return _from_images(run, metric, curve, train_s, counts, rows)
    labels = [name for name in run.classes if _is_logged(run, metric, name, at)]
    values = [_value(run, metric, at), *(_value(run, _class_metric(metric, name), at) for name in labels)]
    return MeasuredRun(run, (str(metric), *labels), np.array(values), curve, train_s, metric)


def _counts(run: StoredRun, metric: Metric, at: At) -> ImageCounts | None:
    """Return the counts of every image; None where the metric needs none, or the last validation left none."""
    if not metric.has_images:
        return None
    return run.counts(metric.stage) if at == BEST or run.predictions else run.last_counts()


def _rows(run: StoredRun, metric: Metric, at: At) -> ImageScores | None:
    """Return what each image adds to a metric of ``model.metrics``; None where that is not known."""
    if not metric.has_rows:
        return None
    is_own = at == BEST or run.predictions is not None
    found = run.image_scores(metric.stage) if is_own else run.last_image_scores()
    return found if found is not None and metric.row_name in found.rows else None


def _form(metric: Metric, size: int) -> ScoreForm:
    score = metric.score
    if size:
        return RowForm(size, bool(metric.class_metric))
    is_mean = score is not None and score.spec.is_mean
    return CountForm(metric.name, metric.class_metric, is_mean)


def _value(run: StoredRun, metric: Metric, at: At) -> float:
    """Return the value of a metric that counts do not give."""
    if at == BEST or run.predictions:
        return metric.value(run)
    curve = run.curve(metric.logged)
    if not curve or curve[-1].step != run.curve(MEAN_IOU)[-1].step or np.isnan(curve[-1].value):
        raise UnreadableRunError(run.path, f"has no {metric} of its last validation")
    return curve[-1].value


def fingerprint(run: StoredRun, split: str) -> dict[str, object]:
    """Return what is recorded of the images of a split: ``count``, ``ids`` and ``content``; empty if nothing.

    Those of ``test`` are in the passport of the newest test.
    """
    try:
        passport = run.evaluation("test").passport if split == "test" else run.passport
    except UnreadableRunError:  # it was not tested
        return {}
    found = (passport.get("data") or {}).get("splits") or {}
    return dict(found.get(split) or {})


def fingerprint_of_groups(run: StoredRun, split: str) -> dict[str, int]:
    """Return what is recorded of the groups of a split's images: ``groups``, ``also_in_train``; empty if nothing."""
    found = ((run.passport.get("data") or {}).get("group") or {}).get("splits") or {}
    return dict(found.get(split) or {})


def _from_images(
    run: StoredRun,
    metric: Metric,
    curve: Sequence[Point],
    train_s: float | None,
    counts: ImageCounts,
    rows: ImageScores | None,
) -> MeasuredRun:
    ids, pixels, groups = _sorted(counts)
    size = 0 if rows is None else rows.rows[metric.row_name].shape[1]
    images = pixels if rows is None else _in_order(rows, metric.row_name, ids)
    scores = _scores(metric, _form(metric, size), images.sum(axis=0), run.classes)
    if np.isnan(scores[str(metric)]):
        raise UnreadableRunError(run.path, f"has no {metric}: no image holds it")
    values = {name: value for name, value in scores.items() if not np.isnan(value)}
    known = tuple(values), np.array(list(values.values()))
    own = None if rows is None else pixels
    return MeasuredRun(run, *known, curve, train_s, metric, ids, images, groups, counts.pattern, own, size)


def _in_order(rows: ImageScores, name: str, ids: Sequence[str]) -> Floats:
    """Return ``(N, C)`` rows of images in the order of their names."""
    places = {each: position for position, each in enumerate(rows.ids)}
    return rows.rows[name][[places[each] for each in ids]].reshape(len(ids), -1)


def _sorted(counts: ImageCounts) -> tuple[tuple[str, ...], Floats, tuple[str, ...]]:
    """Return names, rows and groups of the images in the order of names: processes gather them in any order."""
    order = sorted(range(len(counts.ids)), key=lambda position: counts.ids[position])
    groups = tuple(counts.groups[position] for position in order) if counts.groups else ()
    return tuple(counts.ids[position] for position in order), table(counts.terms())[order], groups


def _columns(scores: dict[str, Floats], subjects: Sequence[str]) -> Floats:
    return np.stack([scores[name] for name in subjects], axis=1)


def _scores(metric: Metric, form: ScoreForm, sums: Floats, classes: Sequence[str]) -> dict[str, Floats]:
    """Return the metric, then the metric of every class by its name."""
    scores = form.classes(sums)
    by_class = {name: scores[..., index] for index, name in enumerate(classes[: scores.shape[-1]])}
    of_all = by_class[metric.of_class] if metric.of_class else form.whole(sums)
    return {str(metric): of_all, **by_class}


def _class_metric(metric: Metric, name: str) -> Metric:
    return Metric(metric.stage, f"{metric.class_metric}/{name}", metric.specs)


def _is_logged(run: StoredRun, metric: Metric, name: str, at: At) -> bool:
    if not metric.class_metric:
        return False
    try:
        _value(run, _class_metric(metric, name), at)
    except UnreadableRunError:
        return False
    return True

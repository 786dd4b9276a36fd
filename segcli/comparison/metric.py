"""The metric of a comparison: its name, whether per-image counts give it, and its value for one run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.runs.curve import Point
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError
from segcli.score_spec import (
    EVALUATED,
    LOSS,
    SCORES,
    TEST,
    VAL,
    LoggedScore,
    ScoreSpec,
    find_score,
    is_loss,
    logged_scores,
    with_metrics,
)

MEAN_IOU = "val/mIoU"


@dataclass(frozen=True)
class Metric:
    """A metric, such as ``val/mIoU`` or ``test/Dice/road``.

    Attributes:
        stage: ``val`` or ``test``.
        name: The rest: ``mIoU``, ``mDice``, ``pixel_accuracy``, ``IoU/<class>``, ``Dice/<class>``, or one that was
            logged, such as ``loss``.
        specs: Scores that are known, by name: those of ``model.metrics`` among them.
    """

    stage: str
    name: str
    specs: Mapping[str, ScoreSpec] = field(default_factory=lambda: SCORES, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.stage}/{self.name}"

    @classmethod
    def named(cls, name: str) -> "Metric":
        """Return the metric of a name with its stage, such as ``val/mIoU``."""
        stage, _, rest = name.partition("/")
        return cls(stage, rest)

    @property
    def score(self) -> LoggedScore | None:
        """What is known of it; None for what somebody else logged."""
        return find_score(str(self), self.specs)

    @property
    def of_class(self) -> str:
        """Name of the class that it is of; empty for a metric of all."""
        return self.score.of_class if self.score is not None else ""

    @property
    def has_images(self) -> bool:
        """Whether runs keep what each image adds to it, so that images can be resampled."""
        return self.has_rows or (self.score is not None and self.score.spec.from_counts)

    @property
    def is_share(self) -> bool:
        """Whether it is a share, 0 to 1, as what counts give is."""
        return self.score is not None and self.score.spec.from_counts

    @property
    def has_rows(self) -> bool:
        """Whether that are rows of its own, as of a metric of ``model.metrics``, and not counts of pixels."""
        return self.score is not None and self.score.spec.by_image

    @property
    def row_name(self) -> str:
        """Name of these rows."""
        return self.name.partition("/")[0]

    @property
    def class_metric(self) -> str:
        """What stands for every class beside it: ``IoU``, ``Dice`` or ``AP``; empty beside a loss."""
        return self.score.spec.class_score if self.score is not None else ""

    @property
    def logged(self) -> str:
        """Its name in ``metrics.csv`` of the training, where ``test`` is not measured."""
        return f"{VAL}/{self.name}"

    def is_lower_better(self, runs: Sequence[StoredRun]) -> bool:
        """Return whether less of it is better.

        Of what somebody else logged that is so if a run chose its best checkpoint by the minimum, or if it is called a
        loss.
        """
        if self.score is not None:
            return self.score.spec.lower_is_better
        chosen = [run.config.get("checkpoint") or {} for run in runs]
        is_minimised = any(each.get("monitor") == self.logged and each.get("mode") == "min" for each in chosen)
        return self.name.endswith(LOSS) or is_loss(self.name) or is_minimised

    def value(self, run: StoredRun) -> float:
        """Return the value of a metric that counts do not give, at the epoch of the run's scores.

        Raises:
            UnreadableRunError: If it was not recorded.
        """
        scores = run.scores(self.stage)
        if self.stage == TEST or run.predictions:
            of_class = scores["classes"].get(self.of_class, {})
            found = of_class.get(self.class_metric) if self.of_class else scores.get(self.name)
        else:
            points = [point for point in run.curve(self.logged) if point.epoch == scores.get("epoch")]
            points = [point for point in points if point.step == scores.get("step")] or points
            found = _of_best(run, points, scores["mIoU"]) if points else None
        if found is None or math.isnan(found):
            of_epoch = "" if run.predictions else f" of epoch {scores.get('epoch')}"
            raise UnreadableRunError(run.path, f"has no {self}{of_epoch}")
        return float(found)


def parse_metric(text: str, runs: Sequence[StoredRun]) -> Metric:
    """Return the metric that a text names.

    Args:
        text: Such as ``val/mIoU``; without a stage it is of ``val``.
        runs: Those to compare; one of them has to know it.

    Raises:
        ConfigError: If none does; the message suggests another.
    """
    known = _known(runs)
    if f"{VAL}/{text}" in known:
        text = f"{VAL}/{text}"
    if text not in known:
        message = f"no run has the metric {text!r}{did_you_mean(text, known)}"
        raise ConfigError([Problem(message, "--metric", options=tuple(known))])
    stage, _, name = text.partition("/")
    return Metric(stage, name, specs_of(runs))


def specs_of(runs: Sequence[StoredRun]) -> Mapping[str, ScoreSpec]:
    """Return every score that some runs know, by name."""
    return with_metrics(spec for run in runs for spec in run.metric_specs)


def _known(runs: Sequence[StoredRun]) -> list[str]:
    classes = list(dict.fromkeys(name for run in runs for name in run.classes))
    found = [str(score) for score in logged_scores(classes, EVALUATED) if score.spec.from_counts]
    specs = specs_of(runs)
    for run in runs:
        columns = _columns(run)
        scores = [score for name in columns if (score := find_score(name, specs)) is not None]
        found += [*columns, *(str(replace(score, stage=TEST)) for score in scores if score.spec.attribute)]
    return list(dict.fromkeys(found))


def _columns(run: StoredRun) -> list[str]:
    """Return what a run logged of validations; of predictions, the metrics of ``model.metrics`` and of classes."""
    if run.predictions:
        scores = logged_scores(run.classes, [VAL], specs=with_metrics(run.metric_specs))
        return sorted(str(score) for score in scores if score.spec.attribute and not score.spec.from_counts)
    try:
        return sorted({key for row in run.rows for key in row if key.startswith(f"{VAL}/")})
    except UnreadableRunError:  # told where the run is measured
        return []


def _of_best(run: StoredRun, points: Sequence[Point], best: float | None) -> float:
    """Return the value of the validation that the scores are of, where an epoch has several."""
    if len(points) == 1 or best is None:
        return points[-1].value
    of_steps = {point.step: point.value for point in run.curve(MEAN_IOU)}
    return min(points, key=lambda point: abs(of_steps.get(point.step, math.inf) - best)).value

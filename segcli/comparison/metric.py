"""The metric of a comparison: its name, whether per-image counts give it, and its value for one run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.runs.curve import Point
from segcli.runs.stored_run import StoredRun, UnreadableRunError
from segcli.score_spec import EVALUATED, TEST, VAL, LoggedScore, find_score, logged_scores

MEAN_IOU = "val/mIoU"


@dataclass(frozen=True)
class Metric:
    """A metric, such as ``val/mIoU`` or ``test/Dice/road``.

    Attributes:
        stage: ``val`` or ``test``.
        name: The rest: ``mIoU``, ``mDice``, ``pixel_accuracy``, ``IoU/<class>``, ``Dice/<class>``, or one that was
            logged, such as ``loss``.
    """

    stage: str
    name: str

    def __str__(self) -> str:
        return f"{self.stage}/{self.name}"

    @property
    def score(self) -> LoggedScore | None:
        """What is known of it; None for what somebody else logged."""
        return find_score(str(self))

    @property
    def of_class(self) -> str:
        """Name of the class that it is of; empty for a metric of all."""
        return self.score.of_class if self.score is not None else ""

    @property
    def has_images(self) -> bool:
        """Whether counts give it, so that images can be resampled."""
        return self.score is not None and self.score.spec.from_counts

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
        return self.name.endswith("loss") or is_minimised

    def value(self, run: StoredRun) -> float:
        """Return the value of a metric that counts do not give, at the epoch of the run's scores.

        Raises:
            UnreadableRunError: If it was not recorded.
        """
        scores = run.scores(self.stage)
        if self.stage == TEST:
            of_class = scores["classes"].get(self.of_class, {})
            found = of_class.get(self.class_metric) if self.of_class else scores.get(self.name)
        else:
            points = [point for point in run.curve(self.logged) if point.epoch == scores.get("epoch")]
            points = [point for point in points if point.step == scores.get("step")] or points
            found = _of_best(run, points, scores["mIoU"]) if points else None
        if found is None or math.isnan(found):
            raise UnreadableRunError(run.path, f"has no {self} of epoch {scores.get('epoch')}")
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
    return Metric(stage, name)


def _known(runs: Sequence[StoredRun]) -> list[str]:
    classes = list(dict.fromkeys(name for run in runs for name in run.classes))
    found = [str(score) for score in logged_scores(classes, EVALUATED) if score.spec.from_counts]
    for run in runs:
        columns = _columns(run)
        scores = [score for name in columns if (score := find_score(name)) is not None]
        found += [*columns, *(str(replace(score, stage=TEST)) for score in scores if score.spec.attribute)]
    return list(dict.fromkeys(found))


def _columns(run: StoredRun) -> list[str]:
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

"""The metric of a comparison: its name, whether per-image counts give it, and its value for one run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.runs.class_scores import MEANS, PIXEL_ACCURACY
from segcli.runs.stored_run import Point, StoredRun, UnreadableRunError

STAGES = ("val", "test")
MEAN_IOU = "val/mIoU"
OF_MEANS = {**MEANS, "mAP": "AP", PIXEL_ACCURACY: "IoU"}


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
    def of_class(self) -> str:
        """Name of the class that it is of; empty for a metric of all."""
        kind, _, label = self.name.partition("/")
        return label if kind in OF_MEANS.values() else ""

    @property
    def has_images(self) -> bool:
        """Whether counts give it, so that images can be resampled."""
        kind = self.name.partition("/")[0]
        return self.name in (*MEANS, PIXEL_ACCURACY) or (bool(self.of_class) and kind in MEANS.values())

    @property
    def class_metric(self) -> str:
        """What stands for every class beside it: ``IoU``, ``Dice`` or ``AP``; empty beside a loss."""
        return self.name.partition("/")[0] if self.of_class else OF_MEANS.get(self.name, "")

    @property
    def logged(self) -> str:
        """Its name in ``metrics.csv`` of the training, where ``test`` is not measured."""
        return f"val/{self.name}"

    def is_lower_better(self, runs: Sequence[StoredRun]) -> bool:
        """Return whether it is a loss, or the best checkpoint is chosen by its minimum."""
        chosen = [run.config.get("checkpoint") or {} for run in runs]
        is_minimised = any(each.get("monitor") == self.logged and each.get("mode") == "min" for each in chosen)
        return (not self.of_class and self.name.rpartition("/")[2].endswith("loss")) or is_minimised

    def value(self, run: StoredRun) -> float:
        """Return the value of a metric that counts do not give, at the epoch of the run's scores.

        Raises:
            UnreadableRunError: If it was not recorded.
        """
        scores = run.scores(self.stage)
        if self.stage == "test":
            found = scores["classes"].get(self.of_class, {}).get("AP") if self.of_class else scores.get(self.name)
        else:
            points = [point for point in run.curve(self.logged) if point.epoch == scores.get("epoch")]
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
    if f"val/{text}" in known:
        text = f"val/{text}"
    if text not in known:
        message = f"no run has the metric {text!r}{did_you_mean(text, known)}"
        raise ConfigError([Problem(message, "--metric", options=tuple(known))])
    stage, _, name = text.partition("/")
    return Metric(stage, name)


def _known(runs: Sequence[StoredRun]) -> list[str]:
    classes = list(dict.fromkeys(name for run in runs for name in run.classes))
    names = [*MEANS, PIXEL_ACCURACY, *(f"{kind}/{name}" for kind in MEANS.values() for name in classes)]
    found = [f"{stage}/{name}" for stage in STAGES for name in names]
    for run in runs:
        found += [f"val/{name}" for name in _columns(run)]
        found += [f"test/{name}" for name in _columns(run) if name.partition("/")[0] in ("mAP", "AP")]
    return list(dict.fromkeys(found))


def _columns(run: StoredRun) -> list[str]:
    try:
        return sorted({key.removeprefix("val/") for row in run.rows for key in row if key.startswith("val/")})
    except UnreadableRunError:  # told where the run is measured
        return []


def _of_best(run: StoredRun, points: Sequence[Point], best: float | None) -> float:
    """Return the value of the validation that the scores are of, where an epoch has several."""
    if len(points) == 1 or best is None:
        return points[-1].value
    of_steps = {point.step: point.value for point in run.curve(MEAN_IOU)}
    return min(points, key=lambda point: abs(of_steps.get(point.step, math.inf) - best)).value

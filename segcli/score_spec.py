"""The scores that a run logs: how each is called, which way it is better, what it is made from. Torch-free.

Logs name a score by its stage, such as ``val/mIoU``, and one of a class by that class too, such as ``val/IoU/car``.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Mode = Literal["min", "max"]
MONITOR, MODE = "monitor", "mode"
"""Arguments of what follows a metric: its name, and which end of it is the best."""
TRAIN, VAL, TEST = "train", "val", "test"
EVALUATED = (VAL, TEST)
"""Stages that measure every score; training logs its loss alone."""


@dataclass(frozen=True)
class ScoreSpec:
    """What is known of one score before it is measured.

    Attributes:
        name: As logged after the stage, such as ``mIoU``.
        lower_is_better: Whether less of it is better, as of a loss.
        per_class: Whether every class has a value of its own, logged with the name of the class.
        class_score: Name of the score of every class that stands beside it; of one per class its own, of a loss none.
        is_mean: Whether it is the mean of ``class_score`` over the classes that occur.
        from_counts: Whether counts of pixels give it, so that images can be resampled.
        by_image: Whether a run keeps what each image adds to it, which serves the same.
        attribute: Of :class:`segcli.metrics.scores.Scores`, that holds it; empty for a loss, ``others`` for a metric.
        title: In tables.
        stages: That log it.
        needs: Key of the experiment without which it is not measured; empty if it always is.
        is_shown: Whether the line of every epoch shows it.
        of_sigmoids: Whether it is one of a sigmoid, so that the first of two classes in one sigmoid has none.
    """

    name: str
    lower_is_better: bool = False
    per_class: bool = False
    class_score: str = ""
    is_mean: bool = False
    from_counts: bool = False
    by_image: bool = False
    attribute: str = ""
    title: str = ""
    stages: tuple[str, ...] = EVALUATED
    needs: str = ""
    is_shown: bool = False
    of_sigmoids: bool = False

    @property
    def mode(self) -> Mode:
        """Which end of it is the best, in Lightning's words."""
        return "min" if self.lower_is_better else "max"


OTHERS = "others"
LOSS = "loss"
"""Name of the loss; its parts, if it has several, are called ``loss_`` and what they are."""
_AVERAGE_PRECISION = "model.average_precision_thresholds"
SCORES: Mapping[str, ScoreSpec] = {
    spec.name: spec
    for spec in (
        ScoreSpec(LOSS, lower_is_better=True, title="loss", stages=(TRAIN, *EVALUATED), is_shown=True),
        ScoreSpec(
            "mIoU",
            class_score="IoU",
            is_mean=True,
            from_counts=True,
            attribute="mean_iou",
            title="mIoU",
            is_shown=True,
        ),
        ScoreSpec("mDice", class_score="Dice", is_mean=True, from_counts=True, attribute="mean_dice", title="mDice"),
        ScoreSpec(
            "pixel_accuracy",
            class_score="IoU",
            from_counts=True,
            attribute="pixel_accuracy",
            title="pixel accuracy",
        ),
        ScoreSpec("IoU", per_class=True, class_score="IoU", from_counts=True, attribute="iou", title="IoU"),
        ScoreSpec("Dice", per_class=True, class_score="Dice", from_counts=True, attribute="dice", title="Dice"),
        ScoreSpec(
            "mAP",
            class_score="AP",
            is_mean=True,
            attribute=OTHERS,
            title="mAP",
            needs=_AVERAGE_PRECISION,
        ),
        ScoreSpec(
            "AP",
            per_class=True,
            class_score="AP",
            attribute=OTHERS,
            title="AP",
            needs=_AVERAGE_PRECISION,
            of_sigmoids=True,
        ),
    )
}
"""By name, in the order in which they are logged and shown."""

MEAN_IOU = "mIoU"
OF_A_SET = tuple(spec for spec in SCORES.values() if spec.from_counts and not spec.per_class)
"""Those of a whole data set that counts give: what a run always has, and what repeating it compares."""
OF_A_CLASS = tuple(spec for spec in SCORES.values() if spec.per_class)


@dataclass(frozen=True)
class LoggedScore:
    """A score under the name that logs have for it.

    Attributes:
        stage: ``train``, ``val`` or ``test``.
        spec: What it is.
        of_class: Name of the class; empty for a score of all.
    """

    stage: str
    spec: ScoreSpec
    of_class: str = ""

    def __str__(self) -> str:
        return "/".join((self.stage, self.spec.name, *[self.of_class] * self.spec.per_class))


@dataclass(frozen=True)
class MetricSpec:
    """What is known of a metric of ``model.metrics`` before it measures anything.

    Attributes:
        name: Of its score of a whole set, as logged after the stage, such as ``boundary_iou``.
        class_name: Of its score of every class; empty where it has none.
        higher_is_better: Whether more of it is better.
        title: Of the score in tables.
        class_title: Of the score of every class in tables.
        by_image: Whether a run keeps what each image adds to it.
        of_sigmoids: Whether it is one of a sigmoid, so that the first of two classes in one sigmoid has none.
        definition: What else makes it another metric: its arguments.
    """

    name: str
    class_name: str = ""
    higher_is_better: bool = True
    title: str = ""
    class_title: str = ""
    by_image: bool = False
    of_sigmoids: bool = False
    definition: str = ""

    def named(self, name: str | None) -> "MetricSpec":
        """Return the same under a name that an experiment gives it."""
        if name is None:
            return self
        class_name = self.class_name and name
        return replace(self, name=name, class_name=class_name, title=name, class_title=class_name)

    @property
    def scores(self) -> tuple[ScoreSpec, ...]:
        """Its score of a whole set and, where it has one, that of every class."""
        common: dict[str, Any] = {
            "lower_is_better": not self.higher_is_better,
            "by_image": self.by_image,
            "class_score": self.class_name,
            "attribute": OTHERS,
        }
        whole = ScoreSpec(self.name, is_mean=bool(self.class_name), title=self.title or self.name, **common)
        if not self.class_name:
            return (whole,)
        title = self.class_title or self.title or self.class_name
        of_class = ScoreSpec(self.class_name, per_class=True, title=title, of_sigmoids=self.of_sigmoids, **common)
        return whole, of_class


def with_metrics(metrics: Iterable[MetricSpec]) -> Mapping[str, ScoreSpec]:
    """Return :data:`SCORES` and those of metrics; one of a class that shares its name with the mean has a slash."""
    found = dict(SCORES)
    for metric in metrics:
        whole, *of_class = metric.scores
        found[whole.name] = whole
        found |= {f"{spec.name}/" if spec.name == whole.name else spec.name: spec for spec in of_class}
    return found


def is_loss(name: str) -> bool:
    """Return whether a name without its stage, such as ``loss_DiceLoss``, is that of the loss or of a part of it."""
    return name == LOSS or name.startswith(f"{LOSS}_")


def wrong_name(metrics: Sequence[MetricSpec]) -> str:
    """Return why scores of metrics cannot be told apart in a log; nothing if they can."""
    taken = {spec.name for spec in SCORES.values() if not spec.needs}
    for metric in metrics:
        if not metric.name or "/" in metric.name:
            return f"got name {metric.name!r}, expected one without a slash"
        names = {metric.name, metric.class_name or metric.name}
        if names & taken:
            own = "{class_path: ..., name: ...}"
            return f"got two scores called {metric.name}; give one a name of its own: {own}"
        taken |= names
    return ""


def find_score(name: str, specs: Mapping[str, ScoreSpec] = SCORES) -> LoggedScore | None:
    """Return the score that a name in a log stands for, whether it is measured in a run or not.

    Args:
        name: Such as ``val/mIoU``, ``val/IoU/car`` or ``train/loss``; a class may have a slash in its name.
        specs: Known scores.

    Returns:
        It; None for one of somebody else, such as what a callback of the user logs.
    """
    stage, _, rest = name.partition("/")
    kind, slash, of_class = rest.partition("/")
    spec = (specs.get(f"{kind}/") if of_class else None) or specs.get(kind)
    if spec is None or stage not in spec.stages or spec.per_class != bool(of_class) or (slash and not of_class):
        return None
    return LoggedScore(stage, spec, of_class)


def logged_scores(
    classes: Iterable[str],
    stages: Collection[str] = (TRAIN, VAL),
    keys: Collection[str] = (),
    specs: Mapping[str, ScoreSpec] = SCORES,
    is_binary: bool = False,
) -> Sequence[LoggedScore]:
    """Return every score that stages log.

    Args:
        classes: Names of the classes.
        stages: Some of ``train``, ``val`` and ``test``.
        keys: Keys of the experiment that are set, as far as a score needs one.
        specs: Known scores.
        is_binary: Whether the classes are two in one sigmoid.
    """
    names = tuple(classes)
    return [
        LoggedScore(stage, spec, of_class)
        for stage in (TRAIN, VAL, TEST)
        for spec in specs.values()
        if stage in stages and stage in spec.stages and (not spec.needs or spec.needs in keys)
        for of_class in (names[is_binary and spec.of_sigmoids :] if spec.per_class else ("",))
    ]

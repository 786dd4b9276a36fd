"""What a comparison of runs found: groups, their scores and costs, and the differences between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segcli.runs.curve import Point
from segcli.runs.stored_run import StoredRun

SHARES = (0.90, 0.95, 0.99)
"""Shares of its own best at which a run's convergence is measured."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over runs and what is known of its error.

    Attributes:
        mean: Over the runs.
        deviation: Standard deviation between the runs (n - 1 in the denominator); None of a single run.
        low: Lower end of the 95 % interval; None where nothing is known of it.
        high: Upper end.
    """

    mean: float
    deviation: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Reached:
    """When runs first came to a value, at a validation.

    Attributes:
        runs: How many of the group did.
        epochs: Mean over these; None if none did.
        steps: Optimizer steps, likewise.
        train_s: Seconds of training, likewise.
    """

    runs: int
    epochs: float | None
    steps: float | None
    train_s: float | None


@dataclass(frozen=True)
class Convergence:
    """How fast the runs of a group came to their scores.

    Attributes:
        to_share: When each run came to a share of its own best, by that share of :data:`SHARES`.
        to_level: When each run came to the level that all groups share; None without one.
        area: Mean height of the curve over the steps that all runs of the comparison have, by the trapezoidal rule.
        curves: Each run's validations.
    """

    to_share: Mapping[float, Reached]
    to_level: Reached | None
    area: Estimate | None
    curves: Sequence[Sequence[Point]]


@dataclass(frozen=True)
class Cost:
    """What a model costs; None where it was not recorded. Means over the runs of a group.

    Attributes:
        parameters: Number of them.
        flops_per_image: Floating-point operations of one forward pass.
        images_per_s: Training images per second, data loading included.
        peak_memory_bytes: Most memory that training took, of the device named by ``device``.
        train_s: Seconds of training, without validation.
        device: Where the runs trained; several are joined by commas.
    """

    parameters: float | None
    flops_per_image: float | None
    images_per_s: float | None
    peak_memory_bytes: float | None
    train_s: float | None
    device: str


@dataclass(frozen=True)
class Group:
    """Runs that differ only in their seed, or that share a value of the keys asked for.

    Attributes:
        label: What tells it from the other groups, as ``FPN``.
        settings: The values of :attr:`Comparison.keys`, in that order, as text.
        runs: Its runs, by seed.
        values: The metric of each run.
        score: Of these values.
        by_class: Of every class's own metric (IoU or Dice), by its name; NaN means of absent classes are left out.
        convergence: How fast it learned.
        cost: What it costs.
    """

    label: str
    settings: tuple[str, ...]
    runs: tuple[StoredRun, ...]
    values: tuple[float, ...]
    score: Estimate
    by_class: Mapping[str, Estimate]
    convergence: Convergence
    cost: Cost


@dataclass(frozen=True)
class Difference:
    """A group's mean minus another's.

    Attributes:
        subject: What is compared: the metric, or the name of a class.
        estimate: The difference and its 95 % interval; no deviation.
        p: Two-sided p-value; None where the noise between seeds is unknown.
        p_holm: Corrected for the number of differences of its kind, scores or classes, in all pairs (Holm, 1979).
        verdict: ``higher``, ``lower`` (of the first group, beyond the noise), ``not distinguishable``, or ``unknown``
            where a group has a single run, or where fewer than two images tell anything.
    """

    subject: str
    estimate: Estimate
    p: float | None
    p_holm: float | None
    verdict: str


@dataclass(frozen=True)
class Pair:
    """Two groups beside each other.

    Attributes:
        first: Label of one group.
        second: Label of the other.
        score: Difference of the metric, first minus second.
        by_class: Differences of the classes' own metrics.
        settings: What differs between their experiments besides the seed, as ``(key, first, second)``.
    """

    first: str
    second: str
    score: Difference
    by_class: tuple[Difference, ...]
    settings: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class ImageUnits:
    """What the noise of images is counted by.

    Attributes:
        kind: ``images``, ``groups`` of them, or ``blocks`` of consecutive images, where groups are too few.
        pattern: Of ``data.group`` or ``--group``; empty where no groups are known.
        images: How many there are.
        groups: How many groups they fall into; without a pattern each is its own.
        block_images: Length of a block for the metric's difference of the best two groups of runs, or for the only one;
            None where there are no blocks. Other differences have their own.
    """

    kind: str
    pattern: str
    images: int
    groups: int
    block_images: int | None


@dataclass(frozen=True)
class ImageGroup:
    """Images that belong together, such as the frames of one drive.

    Attributes:
        name: What the fields of the pattern are in it.
        images: How many.
        scores: The metric on these images, of each group of runs in the order of :attr:`Comparison.groups`: mean and
            standard deviation between runs, no interval.
    """

    name: str
    images: int
    scores: tuple[Estimate, ...]


@dataclass(frozen=True)
class Comparison:
    """Everything that a report of runs says.

    Attributes:
        metric: What was compared, as ``val/mIoU``.
        keys: What the groups differ in, as ``model.decoder``.
        groups: Best first.
        pairs: All pairs of groups, in the order of the groups.
        level: Common level of :attr:`Convergence.to_level`.
        left_out: Folders that are no whole runs, with the reason.
        notes: What to know before the figures are trusted, in sentences.
        lower_is_better: Whether the metric is a loss.
        at: Which validation of each run was compared: ``best`` or ``last``.
        image_units: What the noise of images is counted by; None where images are not known.
        image_groups: Scores of every group of images; none where each image is its own.
        class_metric: What the classes are measured by, as ``IoU``; empty where nothing stands for them.
    """

    metric: str
    keys: tuple[str, ...]
    groups: tuple[Group, ...]
    pairs: tuple[Pair, ...]
    level: float | None
    left_out: tuple[tuple[Path, str], ...]
    notes: tuple[str, ...]
    lower_is_better: bool = False
    at: str = "best"
    image_units: ImageUnits | None = None
    image_groups: tuple[ImageGroup, ...] = ()
    class_metric: str = ""

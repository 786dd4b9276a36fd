"""Comparisons of run folders that are written for a test, with figures that need no statistics."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from segcli.comparison.comparison import (
    SHARES,
    Comparison,
    Convergence,
    Cost,
    Difference,
    Estimate,
    Group,
    Pair,
    Reached,
)
from segcli.runs.image_counts import ImageCounts
from segcli.runs.stored_run import StoredRun
from tests.run_folders import CLASSES, replace_counts, write_run, write_worst

METRIC = "val/mIoU"
CURVE = (0.3, 0.6, 0.78, 0.87, 0.93, 0.97, 0.99, 1.0)


def make_comparison(
    folder: Path,
    labels: Sequence[str] = ("FPN", "UNet"),
    runs: int = 3,
    classes: Sequence[str] = CLASSES,
    multilabel: bool = False,
    worst: bool = True,
    level: float | None = 0.5,
) -> Comparison:
    """Write runs and compare them; of two groups beside each other the first is 0.01 better.

    Args:
        folder: For the runs.
        labels: Of the groups, best first.
        runs: Of each group.
        classes: Names of the classes.
        multilabel: Whether every class is counted by itself.
        worst: Whether the runs have pictures of their worst images.
        level: The common level.
    """
    groups = tuple(
        make_group(folder / str(rank), label, runs, classes, rank, multilabel, worst)
        for rank, label in enumerate(labels)
    )
    pairs = tuple(make_pair(first, second) for first, second in combinations(groups, 2))
    return Comparison(METRIC, ("model.decoder",), groups, pairs, level, (), (), class_metric="IoU")


def make_group(
    folder: Path, label: str, runs: int, classes: Sequence[str], rank: int, multilabel: bool = False, worst: bool = True
) -> Group:
    found = []
    for seed in range(1, runs + 1):
        path = write_run(folder / str(seed), seed, curve=_curve(rank, seed), images_per_s=100 - 9 * rank - seed)
        _overwrite(path, classes, 0.8 - 0.04 * rank, seed, multilabel)
        if worst:
            write_worst(path)
        found.append(StoredRun.load(path))
    by_run = np.array([_iou(StoredRun.load(run.path).counts()) for run in found])
    values = tuple(float(value) for value in by_run.mean(axis=1))
    by_class = {name: estimate(by_run[:, k]) for k, name in enumerate(classes)}
    cost = Cost(5.2e6 + 8e5 * rank, 1.5e9, 100.0 - 9 * rank, 2.0**30, 130.0, "cpu")
    return Group(label, (label,), tuple(found), values, estimate(values), by_class, _convergence(found), cost)


def _curve(rank: int, seed: int) -> tuple[float, ...]:
    return tuple(part ** (1 + 0.25 * rank + 0.1 * seed) for part in CURVE)


def make_pair(first: Group, second: Group) -> Pair:
    differences = tuple(
        _difference(name, first.by_class[name], second.by_class[name], beyond=k % 3 == 0)
        for k, name in enumerate(first.by_class)
    )
    settings = (("model.decoder", first.label, second.label), ("model.decoder.width", "256", "128"))
    score = _difference(METRIC, first.score, second.score, beyond=False)
    return Pair(first.label, second.label, score, differences, settings)


def estimate(values: Sequence[float]) -> Estimate:
    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(mean)
    deviation = float(np.std(values, ddof=1))
    return Estimate(mean, deviation, mean - 2 * deviation - 0.004, mean + 2 * deviation + 0.004)


def _difference(subject: str, first: Estimate, second: Estimate, beyond: bool) -> Difference:
    mean = first.mean - second.mean
    if first.deviation is None:
        return Difference(subject, Estimate(mean), None, None, "unknown")
    half = abs(mean) * 0.6 if beyond else abs(mean) * 1.5
    verdict = ("higher" if mean > 0 else "lower") if beyond else "not distinguishable"
    return Difference(subject, Estimate(mean, None, mean - half, mean + half), 0.01, 0.02 if beyond else 0.2, verdict)


def _convergence(runs: Sequence[StoredRun]) -> Convergence:
    curves = [run.curve(METRIC) for run in runs]
    first = [next((point for point in curve if point.value >= 0.5), curve[-1]) for curve in curves]
    epoch, step, train_s = (float(np.mean([point[at] for point in first])) for at in range(3))
    reached = Reached(len(runs), epoch, step, train_s)
    return Convergence(dict.fromkeys(SHARES, reached), reached, Estimate(0.61, 0.02), curves)


def _iou(counts: ImageCounts) -> np.ndarray:
    terms = counts.terms()
    right, truth, predicted = (each.sum(axis=0) for each in terms[:3])
    return right / (truth + predicted - right)


def _overwrite(path: Path, classes: Sequence[str], quality: float, seed: int, multilabel: bool) -> None:
    """Give a run other classes, and counts of them that look like those of a model."""
    rng, number, images = np.random.default_rng((seed, int(quality * 1000))), len(classes), 12
    truth = rng.integers(40, 400, (images, number))
    share = np.clip(rng.normal(quality, 0.05, (images, number)) - 0.3 * (np.arange(number) % 4 == 3), 0.05, 1)
    right = (truth * share).astype(np.int64)
    if multilabel:
        counts = np.stack([np.stack([9000 - truth, truth // 5], -1), np.stack([truth - right, right], -1)], -2)
    else:
        counts = np.zeros((images, number, number), np.int64)
        for k in range(number):
            counts[:, k, k] = right[:, k]
            for step, part in ((1, 0.6), (2, 0.3), (5, 0.1)):
                counts[:, k, (k + step) % number] += ((truth - right)[:, k] * part).astype(np.int64)
    epoch = len(CURVE)
    replace_counts(path, ImageCounts.of([f"{n:03d}.png" for n in range(images)], counts, epoch), classes)

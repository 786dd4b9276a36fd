"""Pixel counts of a group: its runs' confusion matrices added up, and its scores of every single image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from segcli.comparison.comparison import Group
from segcli.runs.class_scores import set_score, table
from segcli.runs.image_counts import Counts, ImageCounts
from segcli.runs.unreadable_run import UnreadableRunError
from segcli.score_spec import MEAN_IOU


@dataclass(frozen=True)
class GroupCounts:
    """What the runs of a group predicted.

    Attributes:
        classes: Names of the K classes.
        total: ``(K, K)`` pixels, truth by prediction, or ``(K, 2, 2)`` of a multilabel task, summed over images and
            runs; None if no run has counts.
        image_scores: mIoU of every image by its id, over the classes that occur in it, mean over the runs.
        problems: Why runs are not in it, in sentences.
    """

    classes: tuple[str, ...]
    total: Counts | None
    image_scores: Mapping[str, float] = field(repr=False)
    problems: tuple[str, ...]

    @classmethod
    def of(cls, group: Group, stage: str) -> "GroupCounts":
        """Read the counts of all runs of a group.

        Args:
            group: Of runs with the same classes.
            stage: ``val`` or ``test``.
        """
        found: list[ImageCounts] = []
        problems = []
        for run in group.runs:
            try:
                counts = run.counts(stage)
            except UnreadableRunError as error:
                problems.append(f"{run.name} is not in it: {error}.")
                continue
            if found and counts.shape != found[0].shape:
                problems.append(f"{run.name} is not in it: it has other classes.")
                continue
            found.append(counts)
        total = sum((counts.total() for counts in found[1:]), found[0].total()) if found else None
        return cls(group.runs[0].classes if group.runs else (), total, mean_image_scores(found), tuple(problems))

    @property
    def multilabel(self) -> bool:
        """Whether every class was counted by itself."""
        return self.total is not None and self.total.ndim == 3

    def row_shares(self) -> NDArray[np.float64]:
        """Return ``(K, K)`` shares of the truth pixels of each class, 0 to 1; NaN where it has none."""
        return _ratio(self._total, self._total.sum(axis=1, keepdims=True))

    def precision_and_recall(self) -> NDArray[np.float64]:
        """Return ``(K, 2)`` precision and recall of each class, 0 to 1; NaN where it is never predicted, or never true.

        Precision is the share of the predicted pixels that are right, recall the share of the true ones that are found.
        """
        if self.multilabel:
            right, truth, predicted = self._total[:, 1, 1], self._total[:, 1].sum(axis=1), self._total[:, :, 1].sum(1)
        else:
            right, truth, predicted = self._total.diagonal(), self._total.sum(axis=1), self._total.sum(axis=0)
        return np.stack([_ratio(right, predicted), _ratio(right, truth)], axis=1)

    def largest_confusions(self, most: int) -> list[tuple[str, str, float]]:
        """Return truth, prediction and share of the truth of the largest cells beside the diagonal, largest first."""
        shares = np.nan_to_num(self.row_shares())
        np.fill_diagonal(shares, 0)
        order = np.argsort(-shares, axis=None, kind="stable")[:most]
        cells = [np.unravel_index(cell, shares.shape) for cell in order]
        return [(self.classes[row], self.classes[column], float(shares[row, column])) for row, column in cells]

    @property
    def _total(self) -> Counts:
        if self.total is None:
            raise ValueError("GroupCounts got no run with counts, expected at least 1; see its problems.")
        return self.total


def mean_image_scores(found: Sequence[ImageCounts]) -> dict[str, float]:
    """Return the mIoU of every image, over the classes that occur in it in truth or prediction, mean over runs."""
    scores: dict[str, list[float]] = {}
    for counts in found:
        means = set_score(table(counts.terms()), MEAN_IOU)
        for name, value in zip(counts.ids, means, strict=True):
            if np.isfinite(value):
                scores.setdefault(name, []).append(float(value))
    return {name: sum(values) / len(values) for name, values in scores.items()}


def _ratio(part: NDArray[np.generic], whole: NDArray[np.generic]) -> NDArray[np.float64]:
    numerator, denominator = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.divide(
        numerator, denominator, out=np.full(np.broadcast(part, whole).shape, np.nan), where=denominator > 0
    )

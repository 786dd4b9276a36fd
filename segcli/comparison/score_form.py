"""How sums of what images add become the scores of a metric: from counts of pixels, or from rows of their own."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segcli.image_rows import mean_score, row_scores
from segcli.runs.class_scores import class_scores, set_score

Floats = NDArray[np.float64]


class ScoreForm(ABC):
    """What C numbers of every image give: a score of the set and, unless there is none, one of each of K classes."""

    is_mean: bool

    @abstractmethod
    def classes(self, sums: Floats) -> Floats:
        """Map ``(..., C)`` sums to ``(..., K)`` scores, NaN where there is nothing to score; K may be 0."""

    @abstractmethod
    def whole(self, sums: Floats) -> Floats:
        """Map ``(..., C)`` sums to ``(...)`` scores of the set."""

    @abstractmethod
    def class_weights(self, images: Floats) -> Floats:
        """Map ``(N, C)`` to the ``(N, K)`` weights of each image in the scores of the classes."""

    @abstractmethod
    def weights(self, images: Floats) -> Floats:
        """Map ``(N, C)`` to the ``(N,)`` weights of each image in a score that is no mean over classes."""


@dataclass(frozen=True)
class CountForm(ScoreForm):
    """From counts of pixels, see :mod:`segcli.runs.class_scores`.

    Attributes:
        name: ``mIoU``, ``mDice`` or ``pixel_accuracy``; of one class, anything.
        kind: ``IoU`` or ``Dice``.
        is_mean: Whether the score of the set is the mean over the classes.
    """

    name: str
    kind: str
    is_mean: bool

    def classes(self, sums: Floats) -> Floats:
        """Map ``(..., 3 K + 2)`` sums to ``(..., K)`` scores."""
        return class_scores(sums, self.kind)

    def whole(self, sums: Floats) -> Floats:
        """Map ``(..., 3 K + 2)`` sums to ``(...)`` scores of the set."""
        return set_score(sums, self.name)

    def class_weights(self, images: Floats) -> Floats:
        """Map ``(N, 3 K + 2)`` to ``(N, K)`` pixels in truth and prediction."""
        _, truth, predicted = np.split(images[:, :-2], 3, axis=1)
        return truth + predicted

    def weights(self, images: Floats) -> Floats:
        """Map ``(N, 3 K + 2)`` to ``(N,)`` pixels."""
        return images[:, -1]


@dataclass(frozen=True)
class RowForm(ScoreForm):
    """From rows of a metric of ``model.metrics``, see :mod:`segcli.image_rows`.

    Attributes:
        size: S, values of a row.
        is_mean: Whether these are of classes.
    """

    size: int
    is_mean: bool

    def classes(self, sums: Floats) -> Floats:
        """Map ``(..., S (1 + M))`` sums to ``(..., S)`` scores; none where the one value is of the set."""
        scores = row_scores(self._rows(sums))
        return scores if self.is_mean else scores[..., :0]

    def whole(self, sums: Floats) -> Floats:
        """Map ``(..., S (1 + M))`` sums to ``(...)`` scores of the set."""
        return mean_score(row_scores(self._rows(sums)))

    def class_weights(self, images: Floats) -> Floats:
        """Map ``(N, S (1 + M))`` to ``(N, S)`` weights; none where the one value is of the set."""
        weights = self._rows(images)[..., 0]
        return weights if self.is_mean else weights[:, :0]

    def weights(self, images: Floats) -> Floats:
        """Map ``(N, S (1 + M))`` to ``(N,)`` weights."""
        return np.asarray(self._rows(images)[..., 0].sum(axis=1))

    def _rows(self, flat: Floats) -> Floats:
        return flat.reshape(*flat.shape[:-1], self.size, -1)

"""Scores of a data set from its confusion matrix.

Intersection over union and Dice are taken over the whole data set, per class, and averaged over the classes that
occur: not per image, and not over pixels of all classes at once, two other things that go by the same names.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from segcli.score_spec import SCORES, LoggedScore, ScoreSpec


class Scores(NamedTuple):
    """What a confusion matrix says; NaN where there is nothing to say it about.

    Attributes:
        iou: ``(K,)`` float64, intersection over union, 0 to 1; NaN for classes in neither truth nor prediction.
        dice: ``(K,)`` float64, 2 intersection / (truth + prediction), 0 to 1; NaN as for ``iou``.
        pixels: ``(K,)`` int64, truth pixels of each class.
        mean_iou: Scalar, over the classes that occur.
        mean_dice: Scalar, over the classes that occur.
        pixel_accuracy: Scalar, share of pixels that are right; of (pixel, class) pairs where a pixel may have several.
        average_precision: ``(K,)`` float64, area under the curve of precision over recall, 0 to 1; NaN for classes
            without truth pixels, and for the first class of the binary task. None if it was not measured.
        mean_average_precision: Scalar, over the classes whose ``average_precision`` is a number; None with it.
    """

    iou: Tensor
    dice: Tensor
    pixels: Tensor
    mean_iou: Tensor
    mean_dice: Tensor
    pixel_accuracy: Tensor
    average_precision: Tensor | None = None
    mean_average_precision: Tensor | None = None

    @classmethod
    def of(cls, matrix: Tensor) -> "Scores":
        """Score a ``(K, K)`` integer matrix whose rows are the truth and whose columns are the prediction."""
        right, truth, predicted = matrix.diagonal().double(), matrix.sum(dim=1), matrix.sum(dim=0)
        return cls._of(right, truth, predicted, right.sum() / truth.sum())

    @classmethod
    def of_labels(cls, counts: Tensor) -> "Scores":
        """Score ``(K, 2, 2)`` integer counts, for each class of (no, yes) in truth and, last, in prediction."""
        right, truth, predicted = counts[:, 1, 1].double(), counts[:, 1].sum(dim=1), counts[:, :, 1].sum(dim=1)
        agreed = counts.diagonal(dim1=1, dim2=2).sum().double()
        return cls._of(right, truth, predicted, agreed / counts.sum())

    def with_average_precision(self, values: Tensor) -> "Scores":
        """Return the scores together with the average precision of the last classes, 1 of 2 or all."""
        padded = torch.full_like(self.iou, torch.nan)
        padded[-values.numel() :] = values
        return self._replace(average_precision=padded, mean_average_precision=padded.nanmean())

    def measured(self) -> Iterator[tuple[ScoreSpec, Tensor]]:
        """Yield every score that was measured, with its value or, of one per class, its ``(K,)`` values."""
        for spec in SCORES.values():
            values = getattr(self, spec.attribute) if spec.attribute else None
            if values is not None:
                yield spec, values

    def named(self, stage: str, classes: Sequence[str]) -> Iterator[tuple[LoggedScore, float]]:
        """Yield every value with its name in logs; NaN for a class that is absent.

        Args:
            stage: ``val`` or ``test``.
            classes: K names.
        """
        for spec, values in self.measured():
            if spec.per_class:
                for name, value in zip(classes, values.tolist(), strict=True):
                    yield LoggedScore(stage, spec, name), value
            else:
                yield LoggedScore(stage, spec), float(values)

    @classmethod
    def _of(cls, right: Tensor, truth: Tensor, predicted: Tensor, accuracy: Tensor) -> "Scores":
        iou = right / (truth + predicted - right)  # 0/0 is NaN: the class occurs nowhere
        dice = 2 * right / (truth + predicted)
        return cls(iou, dice, truth, iou.nanmean(), dice.nanmean(), accuracy)

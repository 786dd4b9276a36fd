"""Scores of a data set from its confusion matrix.

Intersection over union and Dice are taken over the whole data set, per class, and averaged over the classes that
occur: not per image, and not over pixels of all classes at once, two other things that go by the same names.
"""

from typing import NamedTuple

from torch import Tensor


class Scores(NamedTuple):
    """What a confusion matrix says; NaN where there is nothing to say it about.

    Attributes:
        iou: ``(K,)`` float64, intersection over union, 0 to 1; NaN for classes in neither truth nor prediction.
        dice: ``(K,)`` float64, 2 intersection / (truth + prediction), 0 to 1; NaN as for ``iou``.
        pixels: ``(K,)`` int64, truth pixels of each class.
        mean_iou: Scalar, over the classes that occur.
        mean_dice: Scalar, over the classes that occur.
        pixel_accuracy: Scalar, share of pixels that are right.
    """

    iou: Tensor
    dice: Tensor
    pixels: Tensor
    mean_iou: Tensor
    mean_dice: Tensor
    pixel_accuracy: Tensor

    @classmethod
    def of(cls, matrix: Tensor) -> "Scores":
        """Score a ``(K, K)`` integer matrix whose rows are the truth and whose columns are the prediction."""
        right, truth, predicted = matrix.diagonal().double(), matrix.sum(dim=1), matrix.sum(dim=0)
        iou = right / (truth + predicted - right)  # 0/0 is NaN: the class occurs nowhere
        dice = 2 * right / (truth + predicted)
        return cls(iou, dice, truth, iou.nanmean(), dice.nanmean(), right.sum() / truth.sum())

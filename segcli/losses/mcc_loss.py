"""Matthews correlation coefficient as a loss (Abhishek and Hamarneh, 2021), https://arxiv.org/abs/2010.13454.

Per class, 1 - (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN)), with the soft counts TP = sum(p t),
FP = sum(p) - TP, FN = sum(t) - TP and TN the other pixels, p the probability and t the truth, 0 or 1. It is one minus
the correlation of p and t but for the variance of p, which is taken as if p were 0 or 1.
"""

from typing import Literal

from torch import Tensor

from segcli.losses.class_mean_loss import ClassLosses, ClassMeanLoss
from segcli.losses.region_sums import region_sums
from segcli.losses.summed_loss import Sums

SMALLEST = 1e-24
"""Variance whose root still has a gradient that float32 holds."""


class MCCLoss(ClassMeanLoss):
    """Average, over classes, one minus the correlation of prediction and truth, 0 to 2.

    Unlike Dice it rewards true negatives too, and treats a class and what is not of it alike. For the binary task the
    foreground is the only class; for the multilabel task each label is a class. A class without a true pixel, or
    without any other, has no correlation and is left out of the mean.

    Args:
        per_image: Whether each image is scored for itself, then all pairs of image and class averaged, instead of the
            batch as a whole.
        class_weights: Weights of the classes in the mean, as of DiceLoss.

    Raises:
        ValueError: If a weight is out of range, or, at the first use, if there is not one weight per class.
    """

    def __init__(
        self,
        per_image: bool = False,
        class_weights: list[float] | Literal["balanced", "median_frequency", "enet", "effective_number"] | None = None,
    ) -> None:
        super().__init__(per_image, "skip", class_weights)

    @property
    def shares_softmax(self) -> bool:
        """Return that it does."""
        return True

    def image_sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Return the region sums of each image."""
        return region_sums(logits, mask, per_image=True)

    def counted(self, true: Tensor, seen: Tensor) -> Tensor:
        """Return which pairs of image and class have pixels of the class, and others."""
        return (true > 0) & (true < seen)

    def class_losses(self, sums: Sums) -> ClassLosses:
        """Map the region sums to one minus the coefficient."""
        overlap, predicted, true, seen = sums
        pixels = seen.clamp(min=1)
        tp, fp, fn = overlap / pixels, (predicted - overlap) / pixels, (true - overlap) / pixels
        tn = (seen - true) / pixels - fp
        deviation = _root((tp + fp) * (tn + fn)) * _root((tp + fn) * (tn + fp))
        return ClassLosses(1 - ((tp * tn - fp * fn) / deviation).clamp(max=1), true, seen)


def _root(variance: Tensor) -> Tensor:
    return variance.clamp(min=SMALLEST).sqrt()

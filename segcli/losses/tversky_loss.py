"""Soft Tversky loss (Salehi et al., 2017), https://arxiv.org/abs/1706.05721, section 2.

Per class, 1 - (TP + c s) / (TP + alpha FP + beta FN + c s), with TP = sum(p t), FP = sum(p) - TP, FN = sum(t) - TP,
p the probability, t the truth (0 or 1), s ``smooth`` and c = (alpha + beta) / 2; sums run over pixels that are not
ignored. The paper has no ``smooth``. With c, alpha = beta = 1/2 is the Dice loss and alpha = beta = 1 the Jaccard loss
of the same ``smooth``: 2 sum(p t) + s over sum(p) + sum(t) + s is TP + s/2 over TP + FP/2 + FN/2 + s/2.
"""

from typing import Literal

from torch import Tensor

from segcli.losses.region_loss import RegionLoss
from segcli.losses.region_sums import RegionSums

LARGEST_WEIGHT = 1e6
"""Beyond it, the rounding of sums over pixels is weighed, and no more."""


class TverskyLoss(RegionLoss):
    """Average, over classes, one minus an overlap that weighs what is predicted too much and too little.

    For the binary task (``K = 1``) the foreground is the only class; for the multilabel task each label is a class.

    Args:
        alpha: Weight of false positives, from 0 up.
        beta: Weight of false negatives, from 0 up; larger than ``alpha``, it favours recall over precision.
        smooth: Pixels, times the mean of ``alpha`` and ``beta``, added above and below the line, from 0 up; larger
            values damp the gradient of small objects.
        per_image: Whether each image is scored for itself, then all pairs of image and class averaged, instead of the
            batch as a whole.
        absent: What a class without a true pixel does. ``skip``: it is left out of the mean, so that a prediction of
            it costs nothing here. ``count``: it stays, with a loss of 0 where nothing of it is predicted, towards 1
            where much is; that needs ``smooth`` above 0, else the loss is 1 whatever is predicted.

    Raises:
        ValueError: If ``smooth``, ``alpha`` or ``beta`` is negative, or both weights are 0.
    """

    def __init__(
        self,
        alpha: float = 0.3,
        beta: float = 0.7,
        smooth: float = 1.0,
        per_image: bool = False,
        absent: Literal["skip", "count"] = "skip",
    ) -> None:
        super().__init__(smooth, per_image, absent)
        if min(alpha, beta) < 0 or not 0 < alpha + beta <= LARGEST_WEIGHT:
            raise ValueError(
                f"TverskyLoss got alpha {alpha} and beta {beta}, expected 0 or more, not both 0, with a sum of at most "
                f"{LARGEST_WEIGHT:g}; 0.3 and 0.7 are usual."
            )
        self.alpha, self.beta = alpha, beta

    def ratio(self, sums: RegionSums) -> tuple[Tensor, Tensor]:
        """Return what stands above and below the line, ``(G, K)`` each, from 0 up."""
        above = sums.overlap + self.smooth * (self.alpha + self.beta) / 2
        false_positive, false_negative = sums.predicted - sums.overlap, sums.true - sums.overlap
        return above, above + self.alpha * false_positive + self.beta * false_negative

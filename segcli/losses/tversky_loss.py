"""Soft Tversky loss (Salehi et al., 2017), https://arxiv.org/abs/1706.05721, section 2.

Per class, 1 - (TP + c s) / (TP + alpha FP + beta FN + c s), with TP = sum(p t), FP = sum(p) - TP, FN = sum(t) - TP,
p the probability, t the truth (0 or 1), s ``smooth`` and c = (alpha + beta) / 2; sums run over pixels that are not
ignored. The paper has no ``smooth``. With c, alpha = beta = 1/2 is the Dice loss and alpha = beta = 1 the Jaccard loss
of the same ``smooth``: 2 sum(p t) + s over sum(p) + sum(t) + s is TP + s/2 over TP + FP/2 + FN/2 + s/2.

Focal Tversky loss (Abraham and Khan, 2019), https://arxiv.org/abs/1810.07842, raises the loss of a class to the power
of 1 / gamma, with 4/3 as gamma; here ``gamma`` is the power itself, 0.75.
"""

from typing import Literal

import torch
from torch import Tensor

from segcli.losses.class_mean_loss import ClassLosses
from segcli.losses.region_loss import RegionLoss
from segcli.losses.region_sums import RegionSums
from segcli.losses.summed_loss import Sums

LARGEST_WEIGHT = 1e6
"""Beyond it, the rounding of sums over pixels is weighed, and no more."""
LARGEST_GAMMA = 100.0


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
        class_weights: Weights of the classes in the mean, each at least 0; by default all are 1. With several labels
            one per label. For the binary task ``[negative, positive]``, of which only the foreground's counts, and, as
            it is the only class, cancels. A word takes them from the training split, as of CrossEntropyLoss.
        label_smoothing: Share of the truth that is spread evenly over all classes (over yes and no, for the binary
            and the multilabel task), 0 to 1. The loss is then least where the prediction equals the smoothed truth, as
            of Jaccard metric losses, https://arxiv.org/abs/2302.05666.
        gamma: Power of each class's loss, above 0. Below 1 (focal Tversky takes 0.75), classes that are nearly right
            get more of the gradient; above 1, those that are badly wrong.

    Raises:
        ValueError: If an argument is out of range, both ``alpha`` and ``beta`` are 0, or, at the first use, if there
            is not one weight per class.
    """

    def __init__(
        self,
        alpha: float = 0.3,
        beta: float = 0.7,
        smooth: float = 1.0,
        per_image: bool = False,
        absent: Literal["skip", "count"] = "skip",
        class_weights: list[float] | Literal["balanced", "median_frequency", "enet", "effective_number"] | None = None,
        label_smoothing: float = 0.0,
        gamma: float = 1.0,
    ) -> None:
        super().__init__(smooth, per_image, absent, class_weights, label_smoothing)
        if min(alpha, beta) < 0 or not 0 < alpha + beta <= LARGEST_WEIGHT:
            raise ValueError(
                f"TverskyLoss got alpha {alpha} and beta {beta}, expected 0 or more, not both 0, with a sum of at most "
                f"{LARGEST_WEIGHT:g}; 0.3 and 0.7 are usual."
            )
        if not 0 < gamma <= LARGEST_GAMMA:
            raise ValueError(
                f"TverskyLoss got gamma {gamma}, expected above 0, at most {LARGEST_GAMMA:g}; 0.75 is usual, 1.0 none."
            )
        self.alpha, self.beta, self.gamma = alpha, beta, gamma

    def ratio(self, sums: RegionSums) -> tuple[Tensor, Tensor]:
        """Return what stands above and below the line, ``(G, K)`` each, from 0 up."""
        above = sums.overlap + self.smooth * (self.alpha + self.beta) / 2
        false_positive, false_negative = sums.predicted - sums.overlap, sums.true - sums.overlap
        return above, above + self.alpha * false_positive + self.beta * false_negative

    def class_losses(self, sums: Sums) -> ClassLosses:
        """Map the region sums to the power of one minus the ratio."""
        losses, true, seen = super().class_losses(sums)
        if self.gamma == 1:
            return ClassLosses(losses, true, seen)
        # at 0 the slope of a power below 1 is infinite
        return ClassLosses(losses.clamp(min=torch.finfo(losses.dtype).tiny).pow(self.gamma), true, seen)

"""Soft Jaccard loss (Rahman and Wang, 2016), https://doi.org/10.1007/978-3-319-50835-1_22.

Per class, 1 - (I + s) / (U + s), with I = sum(p t), U = sum(p) + sum(t) - I, p the probability, t the truth (0 or 1)
and s ``smooth``, which the paper lacks; sums run over pixels that are not ignored.
"""

from typing import Literal

from torch import Tensor

from segcli.losses.region_loss import RegionLoss
from segcli.losses.region_sums import RegionSums


class JaccardLoss(RegionLoss):
    """Average, over classes, one minus the intersection of prediction and truth over their union.

    For the binary task (``K = 1``) the foreground is the only class; for the multilabel task each label is a class.

    Args:
        smooth: Pixels added above and below the line, from 0 up; larger values damp the gradient of small objects.
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

    Raises:
        ValueError: If ``smooth``, ``label_smoothing`` or a weight is out of range, or, at the first use, if there is
            not one weight per class.
    """

    def __init__(
        self,
        smooth: float = 1.0,
        per_image: bool = False,
        absent: Literal["skip", "count"] = "skip",
        class_weights: list[float] | Literal["balanced", "median_frequency", "enet", "effective_number"] | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(smooth, per_image, absent, class_weights, label_smoothing)

    def ratio(self, sums: RegionSums) -> tuple[Tensor, Tensor]:
        """Return what stands above and below the line, ``(G, K)`` each, from 0 up."""
        union = sums.predicted + sums.true - sums.overlap
        return sums.overlap + self.smooth, union + self.smooth

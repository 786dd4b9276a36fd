"""Soft Dice loss (Milletari et al., 2016), https://arxiv.org/abs/1606.04797, per class as in Sudre et al. (2017).

Per class, 1 - (2 sum(p t) + s) / (sum(p) + sum(t) + s), with p the probability, t the truth (0 or 1) and s
``smooth``; sums run over pixels that are not ignored. Milletari et al. (section 3) square p and t below the line; as
in Sudre et al., https://arxiv.org/abs/1707.03237, they are not squared here.
"""

from typing import Literal

from torch import Tensor

from segcli.losses.region_loss import RegionLoss
from segcli.losses.region_sums import RegionSums


class DiceLoss(RegionLoss):
    """Average, over classes, one minus the overlap of prediction and truth.

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
        return 2 * sums.overlap + self.smooth, sums.predicted + sums.true + self.smooth

"""Soft Dice loss (Milletari et al., 2016), https://arxiv.org/abs/1606.04797, per class as in Sudre et al. (2017).

Per class, 1 - (2 sum(p t) + s) / (sum(p) + sum(t) + s), with p the probability, t the truth (0 or 1) and s
``smooth``; sums run over pixels that are not ignored. Milletari et al. (section 3) square p and t below the line; as
in Sudre et al., https://arxiv.org/abs/1707.03237, they are not squared here.
"""

from typing import Literal

from torch import Tensor

from segcli.losses.base import Loss
from segcli.losses.region_sums import region_sums


class DiceLoss(Loss):
    """Average, over classes, one minus the overlap of prediction and truth.

    For the binary task (``K = 1``) the foreground is the only class; for the multilabel task each label is a class.

    Args:
        smooth: Pixels added above and below the line, from 0 up; larger values damp the gradient of small objects.
        per_image: Whether each image is scored for itself, then all pairs of image and class averaged, instead of the
            batch as a whole.
        absent: What a class without a true pixel does. ``skip``: it is left out of the mean, so that a prediction of
            it costs nothing here. ``count``: it stays, with a loss of 0 where nothing of it is predicted, towards 1
            where much is; that needs ``smooth`` above 0, else the loss is 1 whatever is predicted.

    Raises:
        ValueError: If ``smooth`` is negative.
    """

    def __init__(self, smooth: float = 1.0, per_image: bool = False, absent: Literal["skip", "count"] = "skip") -> None:
        super().__init__()
        if smooth < 0:
            raise ValueError(f"DiceLoss got smooth {smooth}, expected 0 or more; 1.0 is usual.")
        self.smooth, self.per_image, self.absent = smooth, per_image, absent

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to a float32 scalar from 0 to 1."""
        sums = region_sums(logits, mask, self.per_image)
        above = 2 * sums.overlap + self.smooth
        below = sums.predicted + sums.true + self.smooth
        return sums.loss(above, below, self.absent)

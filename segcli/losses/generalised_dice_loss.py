"""Generalised Dice loss (Sudre et al., 2017), https://arxiv.org/abs/1707.03237, section 2.

1 - 2 sum_k w_k sum(p_k t_k) / sum_k w_k (sum(p_k) + sum(t_k)), with p_k the probability of class k, t_k the truth, 0 or
1, and w_k = 1 / sum(t_k)^2. A class that is absent, whose weight would be infinite, has weight 0.
"""

import torch
from torch import Tensor

from segcli.losses.region_loss import bounded_ratio
from segcli.losses.region_sums import RegionSums, region_counts, region_sums
from segcli.losses.summed_loss import SummedLoss, Sums


class GeneralisedDiceLoss(SummedLoss):
    """One minus the overlap of all classes together, each weighted by its inverse size squared.

    One ratio of sums over classes, where DiceLoss is the mean of one per class. A class without a true pixel is left
    out, so that a prediction of it costs nothing here. For the binary task the foreground is the only class, of which
    it is the Dice loss (two classes with a softmax are the paper's two); for the multilabel task each label is a class.

    It takes no class_weights: to weigh classes by its own rule is what it is for. For others take DiceLoss.

    Args:
        per_image: Whether each image is scored for itself, with its own weights, then all with a true pixel averaged,
            instead of the batch as a whole.
    """

    def __init__(self, per_image: bool = False) -> None:
        super().__init__()
        self.per_image = per_image

    @property
    def averages(self) -> str:
        """What the value for a split is the mean of."""
        return "images" if self.per_image else "classes, all pixels of the split as one, by inverse size squared"

    @property
    def accumulates(self) -> bool:
        """Whether accumulated gradients are those of one large batch: where each image is scored for itself."""
        return self.per_image

    @property
    def shares_softmax(self) -> bool:
        """Return that it does."""
        return True

    def sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Return the region sums of the batch, or the sum over images, and the number of those that count."""
        sums = region_sums(logits, mask, self.per_image)
        return (_losses(sums).sum(), _counts(sums.true).sum()) if self.per_image else sums

    def value(self, sums: Sums) -> Tensor:
        """Map the sums to a scalar from 0 to 1."""
        if not self.per_image:
            return _losses(RegionSums(*sums)).sum()
        total, images = sums
        return total / images.clamp(min=1)

    def weight(self, mask: Tensor, channels: int) -> Tensor:
        """Return the number of images with a true pixel, or of all."""
        return _counts(region_counts(mask, channels)[0]).sum() if self.per_image else super().weight(mask, channels)


def _losses(sums: RegionSums) -> Tensor:
    """Map ``(G, K)`` region sums to ``(G,)`` losses, 0 where no pixel is true."""
    true = torch.where(sums.true > 0, sums.true, torch.inf)
    weights = (true.amin(dim=1, keepdim=True) / true).square()  # 1 for the smallest class
    weights = torch.where(sums.true > 0, weights, 0)
    above, below = 2 * weights * sums.overlap, weights * (sums.predicted + sums.true)
    return torch.where(_counts(sums.true), 1 - bounded_ratio(above.sum(dim=1), below.sum(dim=1)), 0)


def _counts(true: Tensor) -> Tensor:
    return (true > 0).any(dim=1)

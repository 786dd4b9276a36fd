"""What the losses have in common that are a ratio of region sums for each class: Dice, Jaccard and Tversky."""

from abc import abstractmethod

import torch
from torch import Tensor

from segcli.losses.class_mean import Absent, class_counts, class_mean
from segcli.losses.region_sums import RegionSums, region_counts, region_sums
from segcli.losses.summed_loss import SummedLoss, Sums

LARGEST_SMOOTH = 1e12
"""More pixels than that leave nothing of the ratio in float32."""


class RegionLoss(SummedLoss):
    """Average, over classes, one minus a ratio of sums over the pixels of an image or of all images.

    Args:
        smooth: Pixels added above and below the line, from 0 up.
        per_image: Whether each image is scored for itself, then all pairs of image and class averaged.
        absent: Whether a class without a true pixel is left out (``skip``) or not (``count``).

    Raises:
        ValueError: If ``smooth`` is out of range.
    """

    def __init__(self, smooth: float, per_image: bool, absent: Absent) -> None:
        super().__init__()
        if not 0 <= smooth <= LARGEST_SMOOTH:
            raise ValueError(
                f"{type(self).__name__} got smooth {smooth}, expected 0 or more, at most {LARGEST_SMOOTH:g}; "
                "1.0 is usual."
            )
        self.smooth, self.per_image, self.absent = smooth, per_image, absent

    @property
    def averages(self) -> str:
        """What the value for a split is the mean of."""
        if self.per_image:
            return "pairs of image and class"
        return "classes, each scored over all pixels of the split"

    @property
    def accumulates(self) -> bool:
        """Whether accumulated gradients are those of one large batch: where each image is scored for itself."""
        return self.per_image

    @abstractmethod
    def ratio(self, sums: RegionSums) -> tuple[Tensor, Tensor]:
        """Return what stands above and below the line, ``(G, K)`` each, from 0 up."""

    def sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Return the region sums of the batch, or the sum over pairs of image and class, and the number of pairs."""
        sums = region_sums(logits, mask, self.per_image)
        if not self.per_image:
            return sums
        counts = class_counts(sums.true, sums.seen, self.absent)
        return torch.where(counts, self._losses(sums), 0).sum(), counts.sum()

    def value(self, sums: Sums) -> Tensor:
        """Map the sums to a scalar from 0 to 1."""
        if self.per_image:
            total, pairs = sums
            return total / pairs.clamp(min=1)
        regions = RegionSums(*sums)
        return class_mean(self._losses(regions), class_counts(regions.true, regions.seen, self.absent))

    def weight(self, mask: Tensor, channels: int) -> Tensor:
        """Return the pairs of image and class that count, or else the number of images."""
        if not self.per_image:
            return super().weight(mask, channels)
        return class_counts(*region_counts(mask, channels), self.absent).sum()

    def _losses(self, sums: RegionSums) -> Tensor:
        return 1 - bounded_ratio(*self.ratio(sums))


def bounded_ratio(above: Tensor, below: Tensor) -> Tensor:
    """Divide sums of which one holds the other, so that neither rounding nor underflow shows.

    Args:
        above: From 0 up.
        below: At least ``above``, but for rounding.

    Returns:
        The ratio, 0 to 1; 0 where less than 1e-30 is below the line, whose square and reciprocal float32 still holds.
    """
    below = torch.where(below < above, above, below)
    nothing = below <= 1e-30  # not of NaN, which must show
    return torch.where(nothing, 0, above) / torch.where(nothing, 1, below)

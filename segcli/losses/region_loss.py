"""What the losses have in common that are a ratio of region sums for each class: Dice, Jaccard and Tversky."""

from abc import abstractmethod

import torch
from torch import Tensor

from segcli.losses.class_balance import Balance
from segcli.losses.class_mean import Absent
from segcli.losses.class_mean_loss import ClassLosses, ClassMeanLoss
from segcli.losses.region_sums import RegionSums, region_sums
from segcli.losses.smoothed_sums import smoothed_sums
from segcli.losses.summed_loss import Sums

LARGEST_SMOOTH = 1e12
"""More pixels than that leave nothing of the ratio in float32."""


class RegionLoss(ClassMeanLoss):
    """Average, over classes, one minus a ratio of sums over the pixels of an image or of all images.

    Args:
        smooth: Pixels added above and below the line, from 0 up.
        per_image: Whether each image is scored for itself, then all pairs of image and class averaged.
        absent: Whether a class without a true pixel is left out (``skip``) or not (``count``).
        class_weights: Weight of each class in the mean; see :class:`~segcli.losses.class_mean_loss.ClassMeanLoss`.
        label_smoothing: Share of the truth that is spread evenly over all classes; see
            :func:`~segcli.losses.smoothed_sums.smoothed_sums`.

    Raises:
        ValueError: If ``smooth``, ``label_smoothing`` or a weight is out of range, or, at the first use, if there is
            not one weight per class.
    """

    def __init__(
        self,
        smooth: float,
        per_image: bool,
        absent: Absent,
        class_weights: list[float] | Balance | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(per_image, absent, class_weights)
        if not 0 <= smooth <= LARGEST_SMOOTH:
            raise ValueError(
                f"{type(self).__name__} got smooth {smooth}, expected 0 or more, at most {LARGEST_SMOOTH:g}; "
                "1.0 is usual."
            )
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"{type(self).__name__} got label_smoothing {label_smoothing}, expected 0 to 1; try 0.1.")
        self.smooth, self.label_smoothing = smooth, label_smoothing

    @property
    def shares_softmax(self) -> bool:
        """Return that it does, but for a smoothed truth, whose overlap is that of no single class."""
        return not self.label_smoothing

    @abstractmethod
    def ratio(self, sums: RegionSums) -> tuple[Tensor, Tensor]:
        """Return what stands above and below the line, ``(G, K)`` each, from 0 up."""

    def image_sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Return the region sums of each image, with those of the smoothed truth if it is."""
        if self.label_smoothing:
            return smoothed_sums(logits, mask, self.label_smoothing)
        return region_sums(logits, mask, per_image=True)

    def class_losses(self, sums: Sums) -> ClassLosses:
        """Map the region sums to one minus the ratio."""
        overlap, predicted, true, seen, *smoothed = sums
        regions = RegionSums(overlap, predicted, smoothed[0] if smoothed else true, seen)
        return ClassLosses(1 - bounded_ratio(*self.ratio(regions)), true, seen)


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

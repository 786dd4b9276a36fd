"""What the losses have in common that score each class by sums over its pixels, and average over classes."""

from abc import abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor

from segcli.losses.class_balance import Balance
from segcli.losses.class_mean import Absent, class_counts, class_mean, class_total
from segcli.losses.class_weights import ClassWeights
from segcli.losses.region_sums import region_counts
from segcli.losses.summed_loss import SummedLoss, Sums


class ClassLosses(NamedTuple):
    """What is averaged, each ``(G, K)``: G images (or 1, all of them) and K classes.

    Attributes:
        losses: From 0 up.
        true: Pixels that are of the class.
        seen: Pixels that are not ignored.
    """

    losses: Tensor
    true: Tensor
    seen: Tensor


class ClassMeanLoss(SummedLoss):
    """Average, over classes, a function of sums over the pixels of an image or of all images.

    Args:
        per_image: Whether each image is scored for itself, then all pairs of image and class averaged.
        absent: Whether a class without a true pixel is left out (``skip``) or not (``count``).
        class_weights: Weight of each class in the mean, each at least 0; ``[negative, positive]`` for the binary task.

    Raises:
        ValueError: If a weight is out of range, or, at the first use, if there is not one weight per class.
    """

    def __init__(self, per_image: bool, absent: Absent, class_weights: list[float] | Balance | None = None) -> None:
        super().__init__()
        self.per_image, self.absent = per_image, absent
        self.class_weights = ClassWeights(type(self).__name__, class_weights)

    @property
    def averages(self) -> str:
        """What the value for a split is the mean of."""
        weighted = "" if self.class_weights.values is None else ", weighted by class_weights"
        if self.per_image:
            return f"pairs of image and class{weighted}"
        return f"classes, each scored over all pixels of the split{weighted}"

    @property
    def accumulates(self) -> bool:
        """Whether accumulated gradients are those of one large batch: where each image is scored for itself."""
        return self.per_image

    @abstractmethod
    def image_sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Return sums over the pixels of each image and class, ``(B, K)`` or ``(B, K, ...)``."""

    @abstractmethod
    def class_losses(self, sums: Sums) -> ClassLosses:
        """Map sums of G images, or of all (G = 1), to the loss of each."""

    def counted(self, true: Tensor, seen: Tensor) -> Tensor:
        """Return which pairs of image and class count in the mean, ``(G, K)`` booleans."""
        return class_counts(true, seen, self.absent)

    def sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Return the sums of the batch, or the sum over pairs of image and class, and the sum of their weights."""
        self.class_weights.check(logits.shape[1], multilabel=mask.ndim == logits.ndim)
        sums = self.image_sums(logits, mask)
        if not self.per_image:
            return tuple(each.sum(dim=0, keepdim=True) for each in sums)
        return self._total(sums)

    def value(self, sums: Sums) -> Tensor:
        """Map the sums to a scalar from 0 up."""
        total, weight = sums if self.per_image else self._total(sums)
        return class_mean(total, weight)

    def weight(self, mask: Tensor, channels: int) -> Tensor:
        """Return the weights of pairs of image and class that count, or else the number of images."""
        if not self.per_image:
            return super().weight(mask, channels)
        counts = self.counted(*region_counts(mask, channels))
        return class_total(torch.zeros_like(counts), counts, self._weights(counts))[1]

    def _total(self, sums: Sums) -> tuple[Tensor, Tensor]:
        losses, true, seen = self.class_losses(sums)
        counts = self.counted(true, seen)
        return class_total(losses, counts, self._weights(counts))

    def _weights(self, counts: Tensor) -> Tensor | None:
        return self.class_weights.of_channels(counts.shape[1], counts.device)

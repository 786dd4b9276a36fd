"""Lovasz-softmax and Lovasz hinge (Berman et al., 2018), https://arxiv.org/abs/1705.08790, sections 2 and 3.

For one class, the Jaccard loss 1 - IoU is a function of the set of pixels that are predicted wrongly. Its Lovasz
extension (definition 2) at the errors m_i of all pixels is sum_i m_i g_i: with pixels sorted by falling error, g_i is
what pixel i adds to 1 - IoU when it joins those before it (algorithm 1). With T true pixels in all, f true and b other
ones before it, a true pixel adds 1 / (T + b), another one (T - f) / ((T + b) (T + b + 1)). Algorithm 1 subtracts two
values of 1 - IoU instead, which leaves float32 few digits where there are many pixels.

With a softmax, errors are 1 - p for true pixels and p for others (section 3); with sigmoids, as the paper has it for
the binary case, the hinge max(0, 1 - z) for true and max(0, 1 + z) for other pixels, z the logit (section 2).

The sort is of all pixels and exact. Bits of floats from 0 up are integers in the same order, and torch sorts a row
of integers by radix, on a CPU about ten times faster than one of floats.
"""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from segcli.losses.base import sigmoid_mask
from segcli.losses.class_mean import class_counts, class_mean, class_total
from segcli.losses.class_weights import ClassWeights
from segcli.losses.region_sums import region_counts
from segcli.losses.summed_loss import SummedLoss, Sums
from segcli.sample import IGNORE_INDEX


class LovaszLoss(SummedLoss):
    """Average, over classes, a convex surrogate of one minus the intersection over the union.

    Multiclass compares probabilities and lies between 0 and 1. Binary (the foreground is the only class) and
    multilabel (each label is a class) take the hinge: 0 where all logits are 1 or more on the right side, no upper end.

    Args:
        per_image: Whether each image is scored for itself, then all pairs of image and class averaged, instead of the
            batch as a whole.
        absent: What a class without a true pixel does. ``skip``: it is left out of the mean, so that a prediction of
            it costs nothing here. ``count``: it stays, with the largest error of all pixels as its loss.
        class_weights: Weights of the classes in the mean, as of DiceLoss.

    Raises:
        ValueError: If a weight is out of range, or, at the first use, if there is not one weight per class.
    """

    def __init__(
        self,
        per_image: bool = False,
        absent: Literal["skip", "count"] = "skip",
        class_weights: list[float] | Literal["balanced", "median_frequency", "enet", "effective_number"] | None = None,
    ) -> None:
        super().__init__()
        self.class_weights = ClassWeights("LovaszLoss", class_weights)
        self.per_image, self.absent = per_image, absent

    @property
    def averages(self) -> str:
        """What the value for a split is the mean of, where each image is scored for itself."""
        return f"pairs of image and class{'' if self.class_weights.values is None else ', weighted by class_weights'}"

    @property
    def adds_up(self) -> bool:
        """Whether the value of added sums is that of all their images: errors of a whole batch are sorted as one."""
        return self.per_image and super().adds_up

    @property
    def accumulates(self) -> bool:
        """Whether accumulated gradients are those of one large batch: where each image is scored for itself."""
        return self.per_image

    def sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Return the sum over pairs of image (or batch) and class, and the sum of weights of those that count."""
        self.class_weights.check(logits.shape[1], multilabel=mask.ndim == logits.ndim)
        losses, trues, seens = [], [], []
        groups = len(logits) if self.per_image else 1
        for error, true, seen in class_errors(logits.float(), mask):
            error = torch.where(seen, error, 0).view(groups, -1)
            true, seen = true.reshape(groups, -1), seen.reshape(groups, -1)
            skipped = self.absent == "skip" and not true.any()
            losses.append(error[:, :0].sum(dim=1) if skipped else _extension(error, true))
            trues.append(true.sum(dim=1))
            seens.append(seen.sum(dim=1))
        counts = class_counts(torch.stack(trues, 1), torch.stack(seens, 1), self.absent)
        return class_total(torch.stack(losses, 1), counts, self._weights(counts))

    def value(self, sums: Sums) -> Tensor:
        """Map the two sums to the mean, a float32 scalar from 0 up for one batch."""
        return class_mean(*sums)

    def weight(self, mask: Tensor, channels: int) -> Tensor:
        """Return the weights of pairs of image and class that count, or else the number of images."""
        if not self.per_image:
            return super().weight(mask, channels)
        counts = class_counts(*region_counts(mask, channels), self.absent)
        return class_total(torch.zeros_like(counts), counts, self._weights(counts))[1]

    def _weights(self, counts: Tensor) -> Tensor | None:
        return self.class_weights.of_channels(counts.shape[1], counts.device)


def class_errors(logits: Tensor, mask: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield for each class the errors of its pixels, which are true and which are not ignored, each ``(B, N)``."""
    labels = sigmoid_mask(logits, mask)
    if labels is None:
        truth = mask.flatten(1)
        for label, p in enumerate(logits.flatten(2).softmax(dim=1).unbind(dim=1)):
            true = truth == label
            yield torch.where(true, 1 - p, p), true, truth != IGNORE_INDEX
    else:
        for z, truth in zip(logits.flatten(2).unbind(dim=1), labels.flatten(2).unbind(dim=1), strict=True):
            true = truth == 1
            yield (1 - torch.where(true, z, -z)).relu(), true, truth != IGNORE_INDEX


def _extension(error: Tensor, true: Tensor) -> Tensor:
    """Map errors from 0 up and the truth, ``(G, N)``, to the ``(G,)`` Lovasz extension of 1 - IoU.

    Pixels to leave out have error 0 and are not true: they are sorted behind all that have an error.
    """
    with torch.no_grad():
        slope = torch.stack([_slope(row, is_true) for row, is_true in zip(error, true, strict=True)])
    return (error * slope).sum(dim=1)


def _slope(error: Tensor, true: Tensor) -> Tensor:
    """Return g_i of the module docstring for each of ``(N,)`` pixels."""
    bits = error.view(torch.int32 if error.dtype == torch.float32 else torch.int64)
    order = (torch.iinfo(bits.dtype).max - bits).sort().indices
    true = true.index_select(0, order)
    total = true.sum()
    missing = total - true.cumsum(0, dtype=torch.int32)
    union = torch.arange(1, len(error) + 1, dtype=torch.int32, device=error.device).add_(missing).to(error.dtype)
    slope = torch.where(true, 1, missing / (union - 1)).div_(union)
    slope[:1] = torch.where(total == 0, 1, slope[:1])  # without a true pixel, the first wrong one takes 1 - IoU to 1
    return torch.empty_like(error).scatter_(0, order, slope)

"""Average precision: the area under the curve of precision over recall, one threshold after the other.

State, sum over ranks and area are those of torchmetrics' binned ``MultilabelAveragePrecision``, every class against
all others. Counting is not: torchmetrics compares each probability with each threshold, in memory of (pixels x
classes x thresholds) 64-bit numbers, 13 GB for a batch of 8x12x360x480 at 100. Here each probability is sorted into
one bin, and sums over bins give the same integers.
"""

import torch
from torch import Tensor
from torchmetrics.classification import MultilabelAveragePrecision

from segcli.sample import IGNORE_INDEX

_TRUTHS = 3  # no, yes, ignored


class BinnedAveragePrecision(MultilabelAveragePrecision):
    """Average precision of every class over a whole data set and all ranks; ignored pixels are left out.

    Holds 32 bytes per class and threshold. A batch takes one pass, image by image.

    Args:
        num_classes: Channels of the probabilities, K; 1 where only the second of two classes has one.
        num_thresholds: Evenly spaced from 0 to 1; more come closer to the area under the whole curve.

    Raises:
        ValueError: If ``num_thresholds`` is below 2.
    """

    confmat: Tensor
    thresholds: Tensor  # type: ignore[assignment]  # declared as for metrics without

    def __init__(self, num_classes: int, num_thresholds: int) -> None:
        if num_thresholds < 2:
            raise ValueError(f"AveragePrecision got {num_thresholds} thresholds, expected at least 2; 100 is usual.")
        super().__init__(num_labels=num_classes, average=None, thresholds=num_thresholds, validate_args=False)

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add a batch.

        Args:
            preds: ``(B, K, H, W)`` probabilities, 0 to 1.
            target: ``(B, H, W)`` class indices, for ``K = 1`` 0 and 1, or ``(B, K, H, W)`` of 0 and 1;
                ``IGNORE_INDEX`` anywhere.
        """
        for probabilities, mask in zip(preds, target, strict=True):
            self.confmat += self._count(probabilities, self._truths(mask))

    def compute(self) -> Tensor:  # type: ignore[override]  # as torchmetrics' own override
        """Return ``(K,)`` average precision; NaN for classes without truth pixels.

        With several ranks, all of them have to call this.
        """
        occurs = self.confmat[0, :, 1].sum(dim=1) > 0
        return torch.where(occurs, super().compute(), torch.nan)

    def _truths(self, mask: Tensor) -> Tensor:
        """Return ``(K, H, W)`` int32 of 0, 1 and, where ignored, 2."""
        if mask.ndim == 3:
            truths = mask == 1
        else:
            first = 1 if self.num_labels == 1 else 0
            classes = torch.arange(first, first + self.num_labels, device=mask.device, dtype=mask.dtype)
            truths = mask == classes.view(-1, 1, 1)
        return truths.to(torch.int32).masked_fill_(mask == IGNORE_INDEX, 2)

    def _count(self, probabilities: Tensor, truths: Tensor) -> Tensor:
        """Return ``(thresholds, K, 2, 2)`` counts of one image, by truth and by whether a threshold is reached."""
        bins = len(self.thresholds) + 1
        reached = self._num_reached(probabilities.float())
        rows = torch.arange(self.num_labels, device=truths.device, dtype=torch.int32).view(-1, 1, 1)
        index = rows.mul(_TRUTHS).add(truths).mul_(bins).add_(reached)
        counts = torch.bincount(index.flatten(), minlength=self.num_labels * _TRUTHS * bins)
        counts = counts.view(self.num_labels, _TRUTHS, bins)[:, :2]
        below = counts.cumsum(dim=2)[..., :-1]  # at threshold t: values that reach at most t of the thresholds
        above = counts.sum(dim=2, keepdim=True) - below
        return torch.stack([below, above], dim=-1).permute(2, 0, 1, 3)

    def _num_reached(self, probabilities: Tensor) -> Tensor:
        """Return how many thresholds each probability reaches, int32: what ``torch.bucketize`` does in a search.

        Thresholds being evenly spaced, a product tells the highest one reached but for rounding, by one at most; to
        compare with it and the next puts that right.
        """
        thresholds = self.thresholds.float()
        guess = (probabilities * (len(thresholds) - 1)).to(torch.int32).clamp_(0, len(thresholds) - 1)
        beyond = torch.cat([thresholds[1:], thresholds.new_full((1,), torch.inf)])
        reached = guess.clone()
        for step in (thresholds, beyond):
            reached += step.index_select(0, guess.flatten()).view(guess.shape) <= probabilities
        return reached

"""Counts of pixels by their probability, from which IoU at any threshold follows."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcli.metrics.base import Metric
from segcli.metrics.evaluated import Evaluated
from segcli.sample import IGNORE_INDEX

BINS = 200
"""Thresholds are multiples of 1 / 200."""


class ThresholdCounts(Metric):
    """Count, for every image and class, true and other pixels by their probability.

    Of the binary task it is that of the second class, of several labels per pixel each for itself. Its score is the IoU
    at the best threshold. On one device only; it takes 1.6 kB of memory for each image and class.

    Attributes:
        paths: Of the N images.
    """

    name = "mIoU_at_best_threshold"
    class_name = "IoU_at_best_threshold"
    higher_is_better = True
    of_sigmoids = True

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []
        self._counts: list[NDArray[np.int32]] = []

    @property
    def counts(self) -> NDArray[np.int32]:
        """``(N, C, 2, BINS)`` pixels of each image and class: others and true ones, by probability from 0 to 1."""
        return np.stack(self._counts)

    def update(self, batch: Evaluated) -> None:
        """Add a batch."""
        masks = batch.mask if batch.multilabel else batch.mask[:, None]
        # above k / BINS are the bins from k on: what lies on a border is of the bin below
        borders = torch.arange(1, BINS, device=batch.probabilities.device) / BINS
        bins = torch.bucketize(batch.probabilities, borders)
        for path, mask, found in zip(batch.paths, masks, bins, strict=True):
            places = torch.where(mask == IGNORE_INDEX, 2, mask.long().clamp(max=1)) * BINS + found
            counts = [torch.bincount(each.flatten(), minlength=3 * BINS)[: 2 * BINS] for each in places]
            self._counts.append(torch.stack(counts).view(-1, 2, BINS).cpu().numpy().astype(np.int32))
            self.paths.append(path)

    def compute(self) -> Tensor:
        """Return ``(K,)`` IoU at the best threshold; NaN for classes without one."""
        found = torch.full((self.num_classes,), torch.nan, dtype=torch.float64)
        if self._counts:
            best = iou_by_threshold(self.counts.sum(axis=0)).max(axis=-1)
            found[-len(best) :] = torch.from_numpy(best)
        return found

    def reset(self) -> None:
        """Keep what was counted: it is read after the evaluation."""


def iou_by_threshold(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return IoU where what is above each of ``BINS`` thresholds, ``k / BINS``, is of the class; at 0 all pixels are.

    Args:
        counts: ``(..., 2, BINS)`` of other and true pixels.

    Returns:
        ``(..., BINS)``, 0 to 1; NaN where there is no pixel of the class, in truth or above the threshold.
    """
    above = np.flip(np.flip(counts, axis=-1).cumsum(axis=-1), axis=-1).astype(np.float64)
    false, true = above[..., 0, :], above[..., 1, :]
    union = false + counts[..., 1, :].sum(axis=-1, keepdims=True)
    return np.divide(true, union, out=np.full_like(true, np.nan), where=union > 0)

"""Cross entropy with online hard example mining (Shrivastava et al., 2016), https://arxiv.org/abs/1604.03540.

Shrivastava et al. (section 4) keep a number of regions with the largest loss. For pixels, as PIDNet (Xu et al., 2023),
https://arxiv.org/abs/2206.02066, all are kept whose true class has a probability below a threshold, and no
fewer than a least number, here a share of the batch.
"""

import math
from typing import Literal

import torch
from torch import Tensor

from segcli.losses.hard_pixel_loss import HardPixelLoss, hardest


class OhemCrossEntropyLoss(HardPixelLoss):
    """Average -log p over pixels that are predicted badly.

    A pixel is kept if the probability p of what is true there is below ``threshold``, or if it is among the
    ``min_kept`` worst of the batch. Binary and multilabel take p from the sigmoid of each pixel and label.

    Args:
        threshold: Probability from which on a pixel is well predicted, above 0, at most 1.
        min_kept: Share of the pixels of a batch that is kept anyway, 0 to 1, of those that are not ignored; those equal
            to the last one are kept too. With 0, a batch may have no loss.
        class_weights: Weights, each at least 0, or a word, as of CrossEntropyLoss: the mean over kept pixels is then a
            weighted one. They do not change which pixels are kept.

    Raises:
        ValueError: If an argument is out of range, or, at the first use, if there is not one weight per class.
    """

    def __init__(
        self,
        threshold: float = 0.7,
        min_kept: float = 1 / 16,
        class_weights: list[float] | Literal["balanced", "median_frequency", "enet", "effective_number"] | None = None,
    ) -> None:
        super().__init__(class_weights)
        if not 0 < threshold <= 1:
            raise ValueError(f"OhemCrossEntropyLoss got threshold {threshold}, expected a probability; 0.7 is usual.")
        if not 0 <= min_kept <= 1:
            raise ValueError(
                f"OhemCrossEntropyLoss got min_kept {min_kept}, expected a share of the pixels, 0 to 1; try 0.0625."
            )
        self.threshold, self.min_kept = threshold, min_kept

    def cutoff(self, losses: Tensor) -> Tensor:
        """Map the ``(N,)`` cross entropies of all pixels that are not ignored to the least that is kept."""
        limit = losses.new_tensor(-math.log(self.threshold))
        return torch.minimum(limit, hardest(losses, self.min_kept)) if self.min_kept else limit

"""Cross entropy of the worst pixels, as in nnU-Net (Isensee et al., 2021), https://doi.org/10.1038/s41592-020-01008-z.

The idea is from Wu et al. (2016), https://arxiv.org/abs/1605.06885; nnU-Net's variant keeps 10 percent. Both
keep a number of pixels, and of equal ones any; here all that equal the last one are kept.
"""

from typing import Literal

from torch import Tensor

from segcli.losses.hard_pixel_loss import HardPixelLoss, hardest


class TopKCrossEntropyLoss(HardPixelLoss):
    """Average -log p of what is true over a share of the pixels, those where p is least.

    Binary and multilabel take p from the sigmoid of each pixel and label.

    Args:
        share: Of the pixels of a batch that are not ignored, above 0, at most 1, which is the cross entropy.
        class_weights: Weights, each at least 0, or a word, as of CrossEntropyLoss: the mean over kept pixels is then a
            weighted one. They do not change which pixels are kept.

    Raises:
        ValueError: If an argument is out of range, or, at the first use, if there is not one weight per class.
    """

    def __init__(
        self,
        share: float = 0.1,
        class_weights: list[float] | Literal["balanced", "median_frequency", "enet", "effective_number"] | None = None,
    ) -> None:
        super().__init__(class_weights)
        if not 0 < share <= 1:
            raise ValueError(f"TopKCrossEntropyLoss got share {share}, expected above 0, at most 1; 0.1 is usual.")
        self.share = share

    def cutoff(self, losses: Tensor) -> Tensor:
        """Map the ``(N,)`` cross entropies of all pixels that are not ignored to the least that is kept."""
        return hardest(losses, self.share)

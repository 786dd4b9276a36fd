"""Cross entropy of the pixels that are predicted worst."""

import math
from abc import abstractmethod

import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.losses.base import Loss, sigmoid_mask
from segcli.losses.class_balance import Balance
from segcli.losses.class_weights import ClassWeights
from segcli.losses.shared_softmax import softmax_cross_entropy
from segcli.sample import IGNORE_INDEX


class HardPixelLoss(Loss):
    """Average the cross entropy over pixels (multilabel: pairs of label and pixel) from a cutoff up.

    Which these are depends on all pixels of the batch, so the loss of a split is the mean over its batches.

    Args:
        class_weights: As of :class:`~segcli.losses.cross_entropy_loss.CrossEntropyLoss`; the cutoff is compared with
            the cross entropy without them.

    Raises:
        ValueError: If a weight is out of range.
    """

    def __init__(self, class_weights: list[float] | Balance | None) -> None:
        super().__init__()
        self.class_weights = ClassWeights(type(self).__name__, class_weights)

    @property
    def shares_softmax(self) -> bool:
        """Return that it does."""
        return True

    @abstractmethod
    def cutoff(self, losses: Tensor) -> Tensor:
        """Map the ``(N,)`` cross entropies of all pixels that are not ignored, N > 0, to the least that is kept."""

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to a scalar."""
        losses = pixel_cross_entropy(logits, mask)
        self.class_weights.check(logits.shape[1], multilabel=mask.ndim == logits.ndim)
        weights = self.class_weights.of_pixels(mask)
        with torch.no_grad():
            candidates = losses[mask != IGNORE_INDEX]
            if candidates.numel():
                weights = weights * (losses >= self.cutoff(candidates))
        total, weight = (losses * weights).sum(), weights.sum()
        return total / torch.where(weight > 0, weight, 1)


def pixel_cross_entropy(logits: Tensor, mask: Tensor) -> Tensor:
    """Return -log p of what is true, 0 where the mask is ignored.

    Args:
        logits: ``(B, K, H, W)``.
        mask: ``(B, H, W)`` or ``(B, K, H, W)`` integers, as :class:`~segcli.losses.base.Loss` describes them.

    Returns:
        A tensor of the mask's shape.
    """
    labels = sigmoid_mask(logits, mask)
    if labels is None:
        return softmax_cross_entropy(logits, mask)
    scores = logits.float()
    losses = F.softplus(torch.where(labels == 1, -scores, scores))
    return torch.where(labels == IGNORE_INDEX, 0, losses).view(mask.shape)


def hardest(losses: Tensor, share: float) -> Tensor:
    """Return the least of a share of ``(N,)`` losses, the largest ones, N > 0; at least one of them."""
    count = max(1, math.ceil(share * len(losses)))
    # not kthvalue, which refuses deterministic algorithms on GPUs
    return losses.topk(count, sorted=False).values.min()

"""Cross entropy over pixels."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.losses.base import sigmoid_mask
from segcli.losses.mean_loss import MeanLoss
from segcli.sample import IGNORE_INDEX

SMALLEST = 1e-6
"""Weight, as a share of the largest, that is told from 0."""


class CrossEntropyLoss(MeanLoss):
    """Average -log p of what is true; equal to ``torch.nn.CrossEntropyLoss``.

    The mean is over pixels that are not ignored. Binary (``K = 1``) equals multiclass with logits ``(0, z)``.
    Multilabel is the mean of the binary one over all pairs of label and pixel that are not ignored, so that a label
    counts by its share of these pairs.

    Args:
        class_weights: Weights, each at least 0; the mean is then a weighted one: the weighted sum over the sum of the
            weights. Multiclass: one per class, that of pixels where it is true. Binary: ``[negative, positive]``.
            Multilabel: one per label, that of its pixels, positive and negative. By default all are 1. Where no pixel
            has a weight above 0, the loss is 0.
        label_smoothing: Share of the target that is spread evenly over all classes (over yes and no, for the binary
            and the multilabel task), 0 to 1. As in torch, the share that a class gets is weighted by its own weight; so
            weights below a millionth of the largest then count as 0, else a batch of that class would be divided by
            next to nothing.

    Raises:
        ValueError: If a weight or ``label_smoothing`` is out of range, or, at the first use, if there is not one
            weight per class.
    """

    class_weights: Tensor | None

    def __init__(self, class_weights: list[float] | None = None, label_smoothing: float = 0.0) -> None:
        super().__init__()
        if class_weights is not None and not (class_weights and all(0 <= w < math.inf for w in class_weights)):
            raise ValueError(f"CrossEntropyLoss got class_weights {class_weights}, expected numbers from 0 up.")
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"CrossEntropyLoss got label_smoothing {label_smoothing}, expected 0 to 1; try 0.1.")
        self.label_smoothing = label_smoothing
        weights = None if class_weights is None else torch.tensor(_scaled(class_weights, label_smoothing))
        self.register_buffer("class_weights", weights, persistent=False)

    @property
    def averages(self) -> str:
        """What the value for a split is the mean of."""
        weighted = "" if self.class_weights is None else ", weighted by class_weights"
        return f"pixels that are not ignored, of each label where there are several{weighted}"

    def total(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to the float32 sum over pixels."""
        labels = sigmoid_mask(logits, mask)
        multilabel = mask.ndim == logits.ndim
        expected = logits.shape[1] if multilabel else max(2, logits.shape[1])
        if self.class_weights is not None and len(self.class_weights) != expected:
            raise ValueError(
                f"CrossEntropyLoss got {len(self.class_weights)} class_weights, expected {expected}, "
                f"one per {'label' if multilabel else 'class'} in the order of data.classes; "
                "the class that is ignored has none."
            )
        if labels is not None:
            return self._sigmoid(logits.float(), labels, multilabel)
        return F.cross_entropy(
            logits.float(),
            mask.long(),
            self.class_weights,
            ignore_index=IGNORE_INDEX,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )

    def weight(self, mask: Tensor, channels: int) -> Tensor:
        """Return the sum of the weights of pixels, or pairs of label and pixel, that are not ignored."""
        valid = mask != IGNORE_INDEX
        if self.class_weights is None:
            return valid.sum()
        if mask.ndim == 4:
            return self.class_weights.view(-1, 1, 1).expand(mask.shape).mul(valid).sum()
        return self.class_weights[torch.where(valid, mask, 0).long()].mul(valid).sum()

    def _sigmoid(self, logits: Tensor, labels: Tensor, multilabel: bool) -> Tensor:
        true, valid = labels == 1, labels != IGNORE_INDEX
        target = true.float().mul_(1 - self.label_smoothing).add_(self.label_smoothing / 2)
        if self.class_weights is None:
            loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
            return torch.where(valid, loss, 0).sum()
        weights = self.class_weights.view(-1, 1, 1)
        negative, positive = (weights, weights) if multilabel else weights
        # softplus(-z) = -log sigmoid(z), softplus(z) = -log(1 - sigmoid(z))
        loss = positive * target * F.softplus(-logits) + negative * (1 - target) * F.softplus(logits)
        return torch.where(valid, loss, 0).sum()


def _scaled(weights: list[float], label_smoothing: float) -> list[float]:
    """Return weights whose sums float32 holds, 0 for those that are too small to divide by."""
    largest = max(weights)
    scale = largest if largest and not SMALLEST <= largest <= 1 / SMALLEST else 1.0
    least = SMALLEST * largest if label_smoothing else 0.0
    return [weight / scale if weight >= least else 0.0 for weight in weights]

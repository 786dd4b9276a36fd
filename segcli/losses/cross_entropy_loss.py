"""Cross entropy over pixels."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.losses.base import sigmoid_mask
from segcli.losses.class_weights import SMALLEST, ClassWeights
from segcli.losses.mean_loss import MeanLoss
from segcli.losses.shared_softmax import shared_cross_entropy
from segcli.sample import IGNORE_INDEX


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
            A word takes them from how often each class occurs in the training split, 1 on average: ``balanced``,
            1 / pixels; ``median_frequency``, 1 / share of the pixels in images with the class; ``enet``,
            1 / ln(1.02 + share of all pixels); ``effective_number``, for classes of a few thousand pixels at most.
        label_smoothing: Share of the target that is spread evenly over all classes (over yes and no, for the binary
            and the multilabel task), 0 to 1. As in torch, the share that a class gets is weighted by its own weight; so
            weights below a millionth of the largest then count as 0, else a batch of that class would be divided by
            next to nothing.

    Raises:
        ValueError: If a weight or ``label_smoothing`` is out of range, or, at the first use, if there is not one
            weight per class.
    """

    def __init__(
        self,
        class_weights: list[float] | Literal["balanced", "median_frequency", "enet", "effective_number"] | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"CrossEntropyLoss got label_smoothing {label_smoothing}, expected 0 to 1; try 0.1.")
        self.label_smoothing = label_smoothing
        self.class_weights = ClassWeights("CrossEntropyLoss", class_weights, SMALLEST if label_smoothing else 0.0)

    @property
    def averages(self) -> str:
        """What the value for a split is the mean of."""
        weighted = "" if self.class_weights.values is None else ", weighted by class_weights"
        return f"pixels that are not ignored, of each label where there are several{weighted}"

    @property
    def shares_softmax(self) -> bool:
        """Return that it does, but for smoothed labels, which need the logarithms of all probabilities."""
        return not self.label_smoothing

    def total(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to the float32 sum over pixels."""
        labels = sigmoid_mask(logits, mask)
        multilabel = mask.ndim == logits.ndim
        self.class_weights.check(logits.shape[1], multilabel)
        if labels is not None:
            return self._sigmoid(logits.float(), labels, multilabel)
        shared = shared_cross_entropy(logits, mask) if self.shares_softmax else None
        if shared is not None:
            weighs = self.class_weights.values is not None
            return (shared * self.class_weights.of_pixels(mask) if weighs else shared).sum()
        return F.cross_entropy(
            logits.float(),
            mask.long(),
            self.class_weights.values,
            ignore_index=IGNORE_INDEX,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )

    def weight(self, mask: Tensor, channels: int) -> Tensor:
        """Return the sum of the weights of pixels, or pairs of label and pixel, that are not ignored."""
        return self.class_weights.of_pixels(mask).sum()

    def _sigmoid(self, logits: Tensor, labels: Tensor, multilabel: bool) -> Tensor:
        true, valid = labels == 1, labels != IGNORE_INDEX
        target = true.float().mul_(1 - self.label_smoothing).add_(self.label_smoothing / 2)
        if self.class_weights.values is None:
            loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
            return torch.where(valid, loss, 0).sum()
        weights = self.class_weights.values.view(-1, 1, 1)
        negative, positive = (weights, weights) if multilabel else weights
        # softplus(-z) = -log sigmoid(z), softplus(z) = -log(1 - sigmoid(z))
        loss = positive * target * F.softplus(-logits) + negative * (1 - target) * F.softplus(logits)
        return torch.where(valid, loss, 0).sum()

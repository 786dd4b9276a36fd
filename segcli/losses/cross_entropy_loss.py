"""Cross entropy over pixels."""

import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.losses.base import Loss
from segcli.sample import IGNORE_INDEX


class CrossEntropyLoss(Loss):
    """Average -log p of the true class over pixels; equal to ``torch.nn.CrossEntropyLoss``.

    The binary case (``K = 1``) equals the multiclass one with logits ``(0, z)``.

    Args:
        class_weights: Weight of each class, at least 0; the mean is then a weighted one. For the binary task
            ``[negative, positive]``. By default all are 1.
        label_smoothing: Share of the target that is spread evenly over all classes, 0 to 1.

    Raises:
        ValueError: If a weight or ``label_smoothing`` is out of range, or, at the first use, if there is not one
            weight per class.
    """

    class_weights: Tensor | None

    def __init__(self, class_weights: list[float] | None = None, label_smoothing: float = 0.0) -> None:
        super().__init__()
        if class_weights is not None and min(class_weights, default=-1.0) < 0:
            raise ValueError(f"CrossEntropyLoss got class_weights {class_weights}, expected numbers from 0 up.")
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"CrossEntropyLoss got label_smoothing {label_smoothing}, expected 0 to 1; try 0.1.")
        self.label_smoothing = label_smoothing
        weights = None if class_weights is None else torch.tensor(class_weights)
        self.register_buffer("class_weights", weights, persistent=False)

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` integer mask to a scalar from 0 up, in float32."""
        num_classes = max(2, logits.shape[1])
        if self.class_weights is not None and len(self.class_weights) != num_classes:
            raise ValueError(
                f"CrossEntropyLoss got {len(self.class_weights)} class_weights, expected {num_classes}, "
                "one per class in the order of data.classes; the class that is ignored has none."
            )
        valid = mask != IGNORE_INDEX
        if self.class_weights is None:
            norm = valid.sum()
        else:
            norm = self.class_weights[torch.where(valid, mask, 0).long()].mul(valid).sum()
        total = self._binary(logits[:, 0].float(), mask) if logits.shape[1] == 1 else self._softmax(logits, mask)
        return total / norm.clamp(min=torch.finfo(torch.float32).tiny)  # all ignored: 0 / tiny, not 0 / 0

    def _softmax(self, logits: Tensor, mask: Tensor) -> Tensor:
        return F.cross_entropy(
            logits.float(),
            mask.long(),
            self.class_weights,
            ignore_index=IGNORE_INDEX,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )

    def _binary(self, logits: Tensor, mask: Tensor) -> Tensor:
        target = (mask == 1).float().mul_(1 - self.label_smoothing).add_(self.label_smoothing / 2)
        negative, positive = self.class_weights if self.class_weights is not None else torch.ones(2)
        # softplus(-z) = -log sigmoid(z), softplus(z) = -log(1 - sigmoid(z))
        loss = positive * target * F.softplus(-logits) + negative * (1 - target) * F.softplus(logits)
        return torch.where(mask == IGNORE_INDEX, 0, loss).sum()

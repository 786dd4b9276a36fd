"""Scores of a whole data set, batch by batch and over all ranks."""

import torch
from torch import Tensor, distributed, nn

from segcli.metrics.confusion_matrix import confusion_matrices
from segcli.metrics.scores import Scores


class SegmentationMetric(nn.Module):
    """Add up confusion matrices and score their sum.

    Args:
        num_classes: Number of classes, 2 for a binary task.
    """

    matrix: Tensor

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.register_buffer("matrix", torch.zeros(num_classes, num_classes, dtype=torch.int64), persistent=False)

    def update(self, labels: Tensor, mask: Tensor) -> Tensor:
        """Add a batch.

        Args:
            labels: ``(B, H, W)`` integer predictions, 0 to ``K - 1``.
            mask: ``(B, H, W)`` integer truth, 0 to ``K - 1`` or ``IGNORE_INDEX``.

        Returns:
            ``(B, K, K)`` int64, this batch's matrices, one per image.
        """
        matrices = confusion_matrices(labels, mask, self.num_classes)
        self.matrix += matrices.sum(dim=0)
        return matrices

    def compute(self) -> Scores:
        """Score everything added since the last reset, on all ranks together; tensors are on the CPU.

        With several ranks, all of them have to call this.
        """
        matrix = self.matrix.clone()
        if distributed.is_available() and distributed.is_initialized():
            distributed.all_reduce(matrix)
        return Scores.of(matrix.cpu())

    def reset(self) -> None:
        """Forget everything added."""
        self.matrix.zero_()

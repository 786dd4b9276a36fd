"""Scores of a whole data set, batch by batch and over all ranks."""

import torch
from torch import Tensor, nn

from segcli.metrics.confusion_matrix import confusion_matrices
from segcli.metrics.scores import Scores
from segcli.processes import process_group


class SegmentationMetric(nn.Module):
    """Add up confusion matrices and score their sum.

    Args:
        num_classes: Number of classes, K; 2 for a binary task.
        shape: Of an image's counts; None for ``(K, K)``.
    """

    matrix: Tensor

    def __init__(self, num_classes: int, shape: tuple[int, ...] | None = None) -> None:
        super().__init__()
        self.num_classes = num_classes
        zeros = torch.zeros(shape or (num_classes, num_classes), dtype=torch.int64)
        self.register_buffer("matrix", zeros, persistent=False)

    def count(self, labels: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, H, W)`` predictions and truth to ``(B, K, K)`` counts."""
        return confusion_matrices(labels, mask, self.num_classes)

    def score(self, matrix: Tensor) -> Scores:
        """Score ``(K, K)`` counts."""
        return Scores.of(matrix)

    def update(self, labels: Tensor, mask: Tensor) -> Tensor:
        """Add a batch.

        Args:
            labels: ``(B, H, W)`` integer predictions, 0 to ``K - 1``; in :class:`MultilabelMetric` ``(B, K, H, W)``.
            mask: Integer truth of the same shape, 0 to ``K - 1`` or ``IGNORE_INDEX``.

        Returns:
            ``(B, K, K)`` or ``(B, K, 2, 2)`` int64, this batch's matrices, one per image.
        """
        matrices = self.count(labels, mask)
        self.matrix += matrices.sum(dim=0)
        return matrices

    def compute(self) -> Scores:
        """Score everything added since the last reset, on all ranks together; tensors are on the CPU.

        With several ranks, all of them have to call this.
        """
        matrix = self.matrix.clone()
        if group := process_group():
            group.all_reduce(matrix)
        return self.score(matrix.cpu())

    def reset(self) -> None:
        """Forget everything added."""
        self.matrix.zero_()

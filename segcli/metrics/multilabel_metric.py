"""Scores of a whole data set where every class is a yes or no of its own."""

from torch import Tensor

from segcli.metrics.label_counts import label_counts
from segcli.metrics.scores import Scores
from segcli.metrics.segmentation_metric import SegmentationMetric


class MultilabelMetric(SegmentationMetric):
    """Add up a 2 x 2 matrix per class and score their sums.

    Args:
        num_classes: Number of classes, K.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes, shape=(num_classes, 2, 2))

    def count(self, labels: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` predictions and truth to ``(B, K, 2, 2)`` counts."""
        return label_counts(labels, mask)

    def score(self, matrix: Tensor) -> Scores:
        """Score ``(K, 2, 2)`` counts."""
        return Scores.of_labels(matrix)

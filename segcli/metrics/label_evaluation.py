"""What one pass over a split counts of labels, wherever they are from."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from segcli.metrics.chosen_metrics import ChosenMetrics
from segcli.metrics.evaluated import Evaluated
from segcli.metrics.image_matrices import ImageMatrices, Part
from segcli.metrics.scores import Scores
from segcli.metrics.segmentation_metric import SegmentationMetric


class LabelEvaluation(nn.Module):
    """Count labels against the truth, batch by batch.

    Args:
        metric: What compares predictions with masks.
        metrics: What is measured beside the scores that follow from counts.

    Attributes:
        batch_matrices: ``(B, K, K)`` or ``(B, K, 2, 2)`` counts of the last batch.
        images: Of the last pass, as :meth:`ImageMatrices.gathered` returns them.
    """

    def __init__(self, metric: SegmentationMetric, metrics: ChosenMetrics) -> None:
        super().__init__()
        self._metric, self._image_matrices, self.metrics = metric, ImageMatrices(), metrics
        self.batch_matrices = torch.zeros(0)
        self.images: Part = self._image_matrices.gathered()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the counts of one image, ``(K, K)`` or ``(K, 2, 2)``."""
        return tuple(self._metric.matrix.shape)

    def count(self, labels: Tensor, mask: Tensor, paths: Sequence[str], probabilities: Callable[[], Tensor]) -> None:
        """Count a batch.

        Args:
            labels: ``(B, H, W)`` class indices, or ``(B, K, H, W)`` of 0 and 1.
            mask: Truth of the same shape.
            paths: Of the B images.
            probabilities: Returns ``(B, C, H, W)``; see :class:`Evaluated`.
        """
        self.batch_matrices = self._metric.update(labels, mask)
        self._image_matrices.update(paths, self.batch_matrices)
        if self.metrics:
            self.metrics.update(Evaluated(labels, mask, self.batch_matrices, paths, probabilities))

    def scores(self) -> Scores:
        """Return the scores of the pass over all devices, which all call this; begin another one."""
        scores = self._metric.compute()._replace(others=self.metrics.compute())
        self.images = self._image_matrices.gathered()
        for part in (self.metrics, self._metric, self._image_matrices):
            part.reset()
        return scores

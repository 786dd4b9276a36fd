"""What an evaluation counts, batch by batch, and the scores that follow from it."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from segcli.losses.criterion import Criterion
from segcli.losses.running_sums import RunningSums
from segcli.metrics.chosen_metrics import ChosenMetrics
from segcli.metrics.evaluated import Evaluated
from segcli.metrics.image_matrices import ImageMatrices, Part
from segcli.metrics.scores import Scores
from segcli.prediction import Prediction
from segcli.sample import Batch
from segcli.task_kind import TaskKind


class Evaluation(nn.Module):
    """Count one pass over a split.

    Args:
        kind: What logits and masks mean.
        classes: Names, in the order of their indices.
        criterion: That of the training.
        metrics: What is measured beside the scores that follow from counts.

    Attributes:
        batch_matrices: ``(B, K, K)`` or ``(B, K, 2, 2)`` counts of the last batch.
        images: Of the last pass, as :meth:`ImageMatrices.gathered` returns them.
    """

    def __init__(self, kind: TaskKind, classes: Sequence[str], criterion: Criterion, metrics: ChosenMetrics) -> None:
        super().__init__()
        self._kind, self._sums = kind, RunningSums()
        self._criterion = [criterion]  # in a list: the task owns it, and the state dict must hold it once
        self._metric, self._image_matrices, self.metrics = kind.metric(len(classes)), ImageMatrices(), metrics
        self.batch_matrices = torch.zeros(0)
        self.images: Part = self._image_matrices.gathered()

    def update(self, prediction: Prediction, batch: Batch) -> Tensor:
        """Count what was predicted for a batch; return labels of the mask's shape."""
        mask = batch["mask"]
        height, width = mask.shape[-2:]
        logits = prediction.logits((height, width))
        labels = self._kind.predict(logits)
        self._kind.require_masks(multilabel=mask.ndim == 4)
        sums = self._criterion[0].batch_sums(prediction, batch)
        if batch.get("is_filler"):  # the forward pass kept this device in step; another counts the image
            self._sums.update([tuple(torch.zeros_like(part) for part in each) for each in sums])
            return labels
        self._sums.update(sums)
        self.batch_matrices = self._metric.update(labels, mask)
        self._image_matrices.update(batch["path"], self.batch_matrices)
        if self.metrics:
            probabilities = partial(self._kind.probabilities, logits)
            self.metrics.update(Evaluated(labels, mask, self.batch_matrices, batch["path"], probabilities))
        return labels

    def compute(self) -> tuple[dict[str, float], Scores]:
        """Return losses, by name, and scores of the pass over all devices, which all call this; begin another one."""
        scores = self._metric.compute()._replace(others=self.metrics.compute())
        losses = self._criterion[0].means(self._sums)
        self.images = self._image_matrices.gathered()
        for part in (self.metrics, self._metric, self._image_matrices, self._sums):
            part.reset()
        return losses, scores

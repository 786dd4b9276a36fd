"""What an evaluation counts, batch by batch, and the scores that follow from it."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from segcli.losses.criterion import Criterion
from segcli.losses.running_sums import RunningSums
from segcli.metrics.chosen_metrics import ChosenMetrics
from segcli.metrics.label_evaluation import LabelEvaluation
from segcli.metrics.scores import Scores
from segcli.prediction import Prediction
from segcli.sample import Batch
from segcli.task_kind import TaskKind


class Evaluation(LabelEvaluation):
    """Count one pass of a model over a split, with its losses.

    Args:
        kind: What logits and masks mean.
        classes: Names, in the order of their indices.
        criterion: That of the training.
        metrics: What is measured beside the scores that follow from counts.
    """

    def __init__(self, kind: TaskKind, classes: Sequence[str], criterion: Criterion, metrics: ChosenMetrics) -> None:
        super().__init__(kind.metric(len(classes)), metrics)
        self._kind, self._sums = kind, RunningSums()
        self._criterion = [criterion]  # in a list: the task owns it, and the state dict must hold it once

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
        self.count(labels, mask, batch["path"], partial(self._kind.probabilities, logits))
        return labels

    def compute(self) -> tuple[dict[str, float], Scores]:
        """Return losses, by name, and scores of the pass over all devices, which all call this; begin another one."""
        losses = self._criterion[0].means(self._sums)
        self._sums.reset()
        return losses, self.scores()

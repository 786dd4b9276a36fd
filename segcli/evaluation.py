"""What an evaluation counts, batch by batch, and the scores that follow from it."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from segcli.inference.inference import Inference, Part
from segcli.inference.inference_settings import InferenceSettings
from segcli.layers.resize import resize
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

    Attributes:
        inference: How images are predicted: in tiles, from several views, by thresholds.
    """

    def __init__(self, kind: TaskKind, classes: Sequence[str], criterion: Criterion, metrics: ChosenMetrics) -> None:
        super().__init__(kind.metric(len(classes)), metrics)
        self._kind, self._sums = kind, RunningSums()
        self.inference = Inference(InferenceSettings(), kind.name, classes)
        self._criterion = [criterion]  # in a list: the task owns it, and the state dict must hold it once

    def update(self, predict: Callable[[Tensor], Prediction], batch: Batch) -> Tensor:
        """Predict a batch, and count what was predicted.

        Args:
            predict: Maps ``(B, C, H, W)`` images, or parts of them, to what the model says of these.
            batch: With masks.

        Returns:
            Labels of the masks' shape.
        """
        mask = batch["mask"]
        self._kind.require_masks(multilabel=mask.ndim == 4)
        labels, probabilities = self._predicted(predict, batch)
        if not batch.get("is_filler"):  # the forward pass kept this device in step; another counts the image
            self.count(labels, mask, batch["path"], probabilities)
        return labels

    def _predicted(self, predict: Callable[[Tensor], Prediction], batch: Batch) -> tuple[Tensor, Callable[[], Tensor]]:
        """Return labels and, when they are asked for, probabilities; add up the losses."""
        height, width = batch["mask"].shape[-2:]
        if not self.inference.averages(height, width):
            prediction = predict(batch["image"])
            self._add_losses(prediction, batch)
            logits = prediction.logits((height, width))
            return self.labels(logits), lambda: self._kind.probabilities(logits)

        def forward(images: Tensor, part: Part) -> Tensor:
            size = (images.shape[-2], images.shape[-1])
            prediction = predict(images)
            if part.view == self.inference.views[0]:
                self._add_losses(prediction, cut(batch, part.top, part.lefts[0], size))
            return self._kind.probabilities(prediction.logits(size))

        found = self.inference.probabilities(batch["image"], forward)
        return self.inference.clean(self.inference.labels(found)), lambda: found

    def predict(self, model: Callable[[Tensor], Tensor], batch: Batch) -> list[Tensor]:
        """Return an ``(H, W)`` label map, or ``(K, H, W)`` masks, per image at the size that it has on disk.

        Args:
            model: Maps ``(B, C, H, W)`` images, or parts of them, to logits of their size.
            batch: Images.
        """
        averaged = self.inference.averages(*batch["image"].shape[-2:])
        maps = (
            self.inference.probabilities(batch["image"], lambda images, _: self._kind.probabilities(model(images)))
            if averaged
            else model(batch["image"])
        )
        found = []
        for one, size in zip(maps, batch["size"], strict=True):
            whole = resize(one[None], size=size)
            labels = self.inference.clean(self.inference.labels(whole)) if averaged else self.labels(whole)
            found.append(labels[0].cpu())
        return found

    def labels(self, logits: Tensor) -> Tensor:
        """Decide on ``(B, K, H, W)`` logits of whole images."""
        if self.inference.thresholds is None:
            return self.inference.clean(self._kind.predict(logits))
        return self.inference.clean(self.inference.labels(self._kind.probabilities(logits)))

    def _add_losses(self, prediction: Prediction, batch: Batch) -> None:
        sums = self._criterion[0].batch_sums(prediction, batch)
        if batch.get("is_filler"):
            sums = [tuple(torch.zeros_like(part) for part in each) for each in sums]
        self._sums.update(sums)

    def compute(self) -> tuple[dict[str, float], Scores]:
        """Return losses, by name, and scores of the pass over all devices, which all call this; begin another one."""
        losses = self._criterion[0].means(self._sums)
        self._sums.reset()
        return losses, self.scores()


def cut(batch: Batch, top: int, left: int, size: tuple[int, int]) -> Batch:
    """Return a part of a batch: its masks, and what follows from these for every pixel."""
    height, width = batch["mask"].shape[-2:]
    rows, columns = slice(top, top + size[0]), slice(left, left + size[1])

    def of(maps: Tensor) -> Tensor:
        return maps[..., rows, columns] if maps.shape[-2:] == (height, width) else maps

    part: Batch = {**batch, "mask": of(batch["mask"])}
    if "targets" in batch:
        part["targets"] = {name: of(each) for name, each in batch["targets"].items()}
    return part

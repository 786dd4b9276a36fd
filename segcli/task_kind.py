"""What ``model.task`` decides: how many logits there are, and what they and the masks mean."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

from segcli.inference.label_map import label_map
from segcli.inference.label_masks import label_masks
from segcli.metrics.multilabel_metric import MultilabelMetric
from segcli.metrics.segmentation_metric import SegmentationMetric

TaskName = Literal["multiclass", "binary", "multilabel"]


class TaskKind(ABC):
    """One value of ``model.task``; holds no state.

    Attributes:
        name: The value.
        multilabel: Whether masks have a channel per class, ``(B, K, H, W)``, instead of one class per pixel.
        min_classes: Fewest classes that it makes sense for.
    """

    name: TaskName
    multilabel = False
    min_classes = 2

    def require_classes(self, classes: Sequence[str]) -> None:
        """Refuse a number of classes that this task cannot have.

        Raises:
            ValueError: If there are too few or too many.
        """
        if len(classes) < self.min_classes:
            raise ValueError(
                f"the data got {len(classes)} class ({', '.join(classes)}), expected at least {self.min_classes}; name "
                "what the other pixels are, too, as in data.mask_values: {0: background, 255: cell}"
            )

    def require_masks(self, multilabel: bool) -> None:
        """Refuse masks of another kind.

        Args:
            multilabel: Whether the masks have a channel per class.

        Raises:
            ValueError: If the task is not for such masks.
        """
        if multilabel and not self.multilabel:
            raise ValueError(
                f"model.task got {self.name!r}, but the data's masks have a channel per class, (B, K, H, W), expected "
                "one class per pixel, (B, H, W); set model.task: multilabel, or data with masks of one class per pixel"
            )
        if self.multilabel and not multilabel:
            raise ValueError(
                f"model.task got {self.name!r}, but the data's masks have one class per pixel, (B, H, W), expected a "
                "channel per class, (B, K, H, W); set model.task: multiclass, or data: MultilabelFolderDataModule"
            )

    def num_outputs(self, num_classes: int) -> int:
        """Return the logits per pixel."""
        return num_classes

    @abstractmethod
    def predict(self, logits: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits to a uint8 prediction of the mask's shape."""

    @abstractmethod
    def probabilities(self, logits: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits to as many probabilities, 0 to 1."""

    def metric(self, num_classes: int) -> SegmentationMetric:
        """Return a new metric that compares predictions with masks."""
        return SegmentationMetric(num_classes)


class Multiclass(TaskKind):
    """Classes exclude each other: a softmax."""

    name = "multiclass"

    def predict(self, logits: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits to ``(B, H, W)`` class indices."""
        return label_map(logits)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits to as many probabilities with a sum of 1 over the classes."""
        return torch.softmax(logits, dim=1)


class Binary(TaskKind):
    """Two classes, and one sigmoid for the second."""

    name = "binary"

    def require_classes(self, classes: Sequence[str]) -> None:
        """Refuse other than two classes.

        Raises:
            ValueError: If there are others than two.
        """
        super().require_classes(classes)
        if len(classes) > 2:
            raise ValueError(
                f"model.task got 'binary' with {len(classes)} classes ({', '.join(classes)}), expected 2; "
                "use multiclass, or let data.mask_values map to two names"
            )

    def num_outputs(self, num_classes: int) -> int:
        """Return 1."""
        return 1

    def predict(self, logits: Tensor) -> Tensor:
        """Map ``(B, 1, H, W)`` logits to ``(B, H, W)`` class indices 0 and 1."""
        return label_map(logits)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Map ``(B, 1, H, W)`` logits to probabilities of the second class."""
        return torch.sigmoid(logits)


class Multilabel(TaskKind):
    """Each class has a sigmoid of its own: a pixel may be of several classes, or of none."""

    name = "multilabel"
    multilabel = True
    min_classes = 1

    def predict(self, logits: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits to ``(B, K, H, W)`` masks of 0 and 1."""
        return label_masks(logits)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits to probabilities of each class by itself."""
        return torch.sigmoid(logits)

    def metric(self, num_classes: int) -> SegmentationMetric:
        """Return a new metric that compares every class by itself."""
        return MultilabelMetric(num_classes)


KINDS: Mapping[TaskName, TaskKind] = {
    "multiclass": Multiclass(),
    "binary": Binary(),
    "multilabel": Multilabel(),
}
"""By the value of ``model.task``."""

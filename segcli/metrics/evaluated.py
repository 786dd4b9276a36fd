"""One batch of an evaluation as metrics see it; what several of them need is computed once."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from segcli.sample import IGNORE_INDEX

Pixels = NDArray[np.bool_]


class Region(NamedTuple):
    """One class in one image that holds it in truth or prediction.

    Attributes:
        image: Position in the batch.
        label: Index of the class.
        truth: ``(H, W)`` pixels of the class, without ignored ones.
        predicted: ``(H, W)`` pixels predicted as the class, without ignored ones.
        ignored: ``(H, W)`` pixels that are neither inside nor outside of any region.
    """

    image: int
    label: int
    truth: Pixels
    predicted: Pixels
    ignored: Pixels


class Evaluated:
    """What was predicted for a batch, and what is true.

    Args:
        prediction: ``(B, H, W)`` class indices, or ``(B, K, H, W)`` of 0 and 1 of a multilabel task.
        mask: Truth of the same shape; ``IGNORE_INDEX`` anywhere.
        matrices: ``(B, K, K)`` or ``(B, K, 2, 2)`` counts, truth by prediction.
        paths: Of the B images.
        probabilities: Returns ``(B, C, H, W)`` probabilities, 0 to 1: of K classes that exclude each other, of the
            second of two (C = 1), or of each label; called only if a metric asks for them.
    """

    def __init__(
        self,
        prediction: Tensor,
        mask: Tensor,
        matrices: Tensor,
        paths: Sequence[str],
        probabilities: Callable[[], Tensor],
    ) -> None:
        self.prediction, self.mask, self.matrices, self.paths = prediction, mask, matrices, paths
        self._probabilities = probabilities

    @property
    def multilabel(self) -> bool:
        """Whether every class is a yes or no of its own."""
        return self.mask.ndim == 4

    @property
    def num_classes(self) -> int:
        """K."""
        return self.matrices.shape[1]

    @cached_property
    def probabilities(self) -> Tensor:
        """``(B, C, H, W)`` float32."""
        return self._probabilities().float()

    @cached_property
    def counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """``(B, K)`` right, true and predicted pixels of each class, ignored ones left out."""
        matrices = self.matrices.cpu()
        if self.multilabel:
            parts = matrices[:, :, 1, 1], matrices[:, :, 1].sum(2), matrices[:, :, :, 1].sum(2)
        else:
            parts = matrices.diagonal(dim1=1, dim2=2), matrices.sum(2), matrices.sum(1)
        right, truth, predicted = (part.numpy() for part in parts)
        return right, truth, predicted

    def regions(self) -> Iterator[Region]:
        """Yield each class of each image that holds it in truth or prediction."""
        _, truth, predicted = self.counts
        masks, predictions = self.mask.cpu().numpy(), self.prediction.cpu().numpy()
        for image, label in np.argwhere((truth > 0) | (predicted > 0)).tolist():
            place, value = ((image, label), 1) if self.multilabel else ((image,), label)
            mask, ignored = masks[place], masks[place] == IGNORE_INDEX
            yield Region(image, label, mask == value, (predictions[place] == value) & ~ignored, ignored)

"""Weights of classes in a mean over pixels."""

import math

import torch
from torch import Tensor, nn

from segcli.sample import IGNORE_INDEX

SMALLEST = 1e-6
"""Weight, as a share of the largest, that is told from 0."""


class ClassWeights(nn.Module):
    """Keep one weight per class, or none, and lay them out over pixels.

    Args:
        loss: Name of the loss they belong to, for errors.
        weights: Each at least 0; None for no weights.
        least: Share of the largest below which a weight counts as 0.

    Attributes:
        values: ``(K,)``, or None. Where float32 could not hold their sums, all are divided by the largest.

    Raises:
        ValueError: If a weight is negative or not finite, or if there is none in the list.
    """

    values: Tensor | None

    def __init__(self, loss: str, weights: list[float] | None, least: float = 0.0) -> None:
        super().__init__()
        if weights is not None and not (weights and all(0 <= w < math.inf for w in weights)):
            raise ValueError(f"{loss} got class_weights {weights}, expected numbers from 0 up.")
        self._loss = loss
        values = None if weights is None else torch.tensor(_scaled(weights, least))
        self.register_buffer("values", values, persistent=False)

    def check(self, channels: int, multilabel: bool) -> None:
        """Raise an error if there is not one weight per class.

        Args:
            channels: Of the logits, K.
            multilabel: Whether each channel is a label; else one channel stands for two classes.

        Raises:
            ValueError: If so.
        """
        expected = channels if multilabel else max(2, channels)
        if self.values is not None and len(self.values) != expected:
            raise ValueError(
                f"{self._loss} got {len(self.values)} class_weights, expected {expected}, "
                f"one per {'label' if multilabel else 'class'} in the order of data.classes; "
                "the class that is ignored has none."
            )

    def of_pixels(self, mask: Tensor) -> Tensor:
        """Map a ``(B, H, W)`` or ``(B, K, H, W)`` mask to the weights of its pixels, 0 for those that are ignored.

        Returns:
            A tensor of the mask's shape: booleans without weights, else the weight of the true class or, where each
            label has its own channel, of the label.
        """
        valid = mask != IGNORE_INDEX
        if self.values is None:
            return valid
        if mask.ndim == 4:
            return self.values.view(-1, 1, 1).expand(mask.shape).mul(valid)
        return self.values[torch.where(valid, mask, 0).long()].mul(valid)


def _scaled(weights: list[float], least: float) -> list[float]:
    """Return weights whose sums float32 holds, 0 for those that are too small a share of the largest."""
    largest = max(weights)
    scale = largest if largest and not SMALLEST <= largest <= 1 / SMALLEST else 1.0
    return [weight / scale if weight >= least * largest else 0.0 for weight in weights]

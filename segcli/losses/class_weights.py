"""Weights of classes, as given or as they follow from the training split."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.datasets.class_counts import ClassCounts
from segcli.losses.class_balance import Balance, class_balance, without_effect
from segcli.sample import IGNORE_INDEX

SMALLEST = 1e-6
"""Weight, as a share of the largest, that is told from 0."""


class ClassWeights(nn.Module):
    """Keep one weight per class, or none, and lay them out over pixels.

    Args:
        loss: Name of the loss they belong to, for errors.
        weights: Each at least 0, or the rule by which they follow from the training split; None for no weights.
        least: Share of the largest below which a weight counts as 0.
        key: What the loss calls them, for errors.

    Attributes:
        values: ``(K,)``, or None without weights. Where float32 could not hold their sums, all are divided by the
            largest. No checkpoint holds them: what they follow from is kept beside the model, for any loss.
        rule: The rule, or None.
        waits: Whether they follow from a rule and are not known yet.

    Raises:
        ValueError: If a weight is negative or not finite, or if there is none in the list.
    """

    values: Tensor | None

    def __init__(
        self, loss: str, weights: list[float] | Balance | None, least: float = 0.0, key: str = "class_weights"
    ) -> None:
        super().__init__()
        self.rule = weights if isinstance(weights, str) else None
        self._loss, self._key, self._least = loss, key, least
        self.waits = self.rule is not None
        values = torch.empty(0) if self.rule is not None else None
        if weights is not None and not isinstance(weights, str):
            if not (weights and all(0 <= w < math.inf for w in weights)):
                raise ValueError(f"{loss} got {key} {weights}, expected numbers from 0 up.")
            values = torch.tensor(_scaled(weights, least))
        self.register_buffer("values", values, persistent=False)

    def reserve(self, classes: int) -> None:
        """Give weights that follow from a rule their place, so that copies made before :meth:`fit_to` have one too."""
        if self.waits:
            self.values = torch.zeros(classes)

    def fit_to(self, counts: ClassCounts) -> None:
        """Compute the weights from the training split, if they follow from it.

        Raises:
            ValueError: If a class does not occur in it.
        """
        if self.rule is not None:
            self.take(class_balance(counts, self.rule))

    def take(self, weights: Sequence[float]) -> None:
        """Let the weights that follow from the rule be these."""
        device = None if self.values is None else self.values.device
        self.values, self.waits = torch.tensor(_scaled(weights, self._least), device=device), False

    def unknown(self) -> str:
        """Return which weights are not known yet, and why; nothing if all are."""
        if not self.waits:
            return ""
        return f"{self._loss} got {self._key} {self.rule}, which follow from the training split"

    def note(self) -> str:
        """Return a line about weights that follow from a rule if they are as good as none; else nothing."""
        if self.rule is None or self.values is None:
            return ""
        return without_effect(self.values.tolist(), self.rule)

    def check(self, channels: int, multilabel: bool) -> None:
        """Raise an error if there is not one weight per class, or none yet.

        Args:
            channels: Of the logits, K.
            multilabel: Whether each channel is a label; else one channel stands for two classes.

        Raises:
            ValueError: If so.
        """
        if self.waits:
            raise ValueError(
                f"{self.unknown()}, expected fit_to before the first use; pass it the counts of "
                "segcli.datasets.class_counts, or give numbers."
            )
        expected = channels if multilabel else max(2, channels)
        if self.values is not None and len(self.values) != expected:
            raise ValueError(
                f"{self._loss} got {len(self.values)} {self._key}, expected {expected}, "
                f"one per {'label' if multilabel else 'class'} in the order of data.classes; "
                "the class that is ignored has none."
            )

    def of_channels(self, channels: int, device: torch.device) -> Tensor | None:
        """Return the ``(K,)`` weights of the classes of K channels, one channel being the foreground; None without."""
        return None if self.values is None else self.values[-channels:].to(device)

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


def _scaled(weights: Sequence[float], least: float) -> list[float]:
    """Return weights whose sums float32 holds, 0 for those that are too small a share of the largest."""
    largest = max(weights)
    scale = largest if largest and not SMALLEST <= largest <= 1 / SMALLEST else 1.0
    return [weight / scale if weight >= least * largest else 0.0 for weight in weights]

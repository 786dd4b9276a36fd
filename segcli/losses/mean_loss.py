"""Losses that are a weighted mean over pixels."""

from abc import abstractmethod

import torch
from torch import Tensor

from segcli.losses.summed_loss import SummedLoss, Sums


class MeanLoss(SummedLoss):
    """A sum over pixels by the sum of their weights, which follow from the mask alone."""

    @property
    def accumulates(self) -> bool:
        """Return that it does."""
        return True

    @abstractmethod
    def total(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to the sum, a scalar."""

    @abstractmethod
    def weight(self, mask: Tensor, channels: int) -> Tensor:
        """Return the sum of the pixels' weights, a scalar from 0 up.

        Args:
            mask: ``(B, H, W)`` or ``(B, K, H, W)`` integers.
            channels: Of the logits, K.
        """

    def sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to the sum and that of weights."""
        return self.total(logits, mask), self.weight(mask, logits.shape[1])

    def value(self, sums: Sums) -> Tensor:
        """Map the two sums to the mean, 0 where no pixel has a weight."""
        total, weight = sums
        counts = weight > 0
        return total * counts / torch.where(counts, weight, 1)

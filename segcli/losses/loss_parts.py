"""A loss as the task uses it: taken apart into what can be added up over batches, and put together again."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from segcli.losses.base import Loss
from segcli.losses.batch_mean import BatchMean, summed
from segcli.losses.running_sums import RunningSums
from segcli.losses.summed_loss import Sums


class LossParts:
    """The P losses that a loss is made of, one unless it is a weighted sum.

    Args:
        loss: Any loss; one that has no sums is averaged over batches.
    """

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._parts = [summed(leaf) for leaf in loss.leaves()]

    def sums(self, logits: Tensor, mask: Tensor) -> list[Sums]:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to the sums of each part."""
        return [part.sums(logits, mask) for part in self._parts]

    def values(self, sums: Sequence[Sums]) -> list[Tensor]:
        """Map sums, of one batch or of many, to the loss of each part, scalars."""
        return [part.value(each) for part, each in zip(self._parts, sums, strict=True)]

    def combine(self, values: Sequence[Tensor]) -> Tensor:
        """Map the loss of each part to the whole, a scalar."""
        return self._loss.combine(iter(values))

    def weights(self, mask: Tensor, channels: int) -> Tensor:
        """Return what a batch weighs in each part, ``(P,)`` float64 on the CPU's and GPUs, float32 on Apple's.

        Args:
            mask: ``(B, H, W)`` or ``(B, K, H, W)`` integers.
            channels: Of the logits, K.
        """
        exact = torch.float64 if mask.device.type != "mps" else torch.float32
        return torch.stack([part.weight(mask, channels).to(exact) for part in self._parts])

    def of_batches(self) -> list[str]:
        """Return the names of parts whose value for a split depends on how it is cut into batches."""
        return [self._name(part) for part in self._parts if isinstance(part, BatchMean)]

    def of_large_batches(self) -> list[str]:
        """Return the names of parts whose accumulated gradients are not those of one large batch."""
        return [self._name(part) for part in self._parts if not part.accumulates]

    def definition(self, batch_size: int) -> list[str]:
        """Return what the value for a split is the mean of, a sentence for each part.

        Args:
            batch_size: Images per batch and device in evaluation.
        """
        return [
            f"{self._name(part)}: mean over {part.averages}"
            + (f", of at most {batch_size} (data.val_batch_size)" if isinstance(part, BatchMean) else "")
            for part in self._parts
        ]

    @staticmethod
    def _name(part: Loss) -> str:
        return type(part.loss if isinstance(part, BatchMean) else part).__name__

    def mean(self, added: RunningSums) -> float:
        """Return the loss of everything that was added on all devices, NaN if nothing was."""
        sums = added.compute(reduce=True)
        return float(self.combine(self.values(sums))) if sums else math.nan

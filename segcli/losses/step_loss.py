"""The loss of one optimizer step, whose images may come in several batches and on several devices.

With S the sums over all images of the step and L(S) its loss, the gradient is that of one batch on one device:
sum_i L'(S) dS_i, i over batches and devices. Devices add up S before L; each then knows L'(S), and what it holds of
dS. Of batches that are still to come, only the masks are known: where L is a mean whose weights follow from them, the
i-th batch's mean counts by its share of the weights, which makes the sum the mean of all. Other losses, such as Dice
over a whole batch, are averaged over the step's batches, which is another loss than that of one large batch.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch import distributed as dist

from segcli.losses.criterion import Criterion
from segcli.losses.running_sums import flattened, unflattened
from segcli.losses.summed_loss import Sums
from segcli.processes import num_devices


class StepLoss:
    """Keeps what the batches of one optimizer step weigh."""

    def __init__(self) -> None:
        self._shares: Tensor | None = None

    def begin(self, criterion: Criterion, masks: Sequence[Tensor], channels: int, batches: int) -> None:
        """Count the pixels of a step.

        Args:
            criterion: Of P parts.
            masks: Those of all its batches, ``(B, H, W)`` or ``(B, K, H, W)`` each; if some are not known, each batch
                weighs the same.
            channels: Of the logits, K.
            batches: How many there are.
        """
        weights = [criterion.weights(mask, channels) for mask in masks]
        if len(weights) != batches:
            weights = [torch.ones_like(weights[0])] * batches
        both = _over_devices(torch.stack(weights))
        total = both.sum(dim=0)
        self._shares = both / torch.where(total > 0, total, 1)

    def knows(self, batches: int) -> bool:
        """Return whether a step of so many batches was begun."""
        return self._shares is not None and len(self._shares) == batches

    def __call__(
        self, criterion: Criterion, sums: Sequence[Sums], position: int = 0, batches: int = 1, divisor: int = 1
    ) -> Tensor:
        """Return a batch's part of the loss of its step.

        Args:
            criterion: Of P parts.
            sums: The batch's own.
            position: Of the batch in the step, from 0.
            batches: Of the step; if there are several, :meth:`begin` was called.
            divisor: What the trainer divides it by.

        Returns:
            A scalar: the loss of this batch on all devices. Its gradient by ``divisor``, averaged over devices and
            added up over the batches, is that of the step.
        """
        devices = num_devices()
        values = criterion.values(sums if devices == 1 else _shared(sums))
        loss = criterion.combine(values)
        if batches == devices == divisor == 1:
            return loss
        if batches > 1:
            assert self._shares is not None
            shares = self._shares[position]
            shares = shares.repeat(len(values) // len(shares))  # extra predictions count as the main one
            values = [value * share.to(value.dtype) for value, share in zip(values, shares, strict=True)]
        part = criterion.combine(values) * (devices * divisor)
        return loss.detach() + (part - part.detach())


def _over_devices(numbers: Tensor) -> Tensor:
    if num_devices() > 1:
        dist.all_reduce(numbers)
    return numbers


def _shared(sums: Sequence[Sums]) -> list[Sums]:
    """Return the sums over all devices, with the graph of this device's part."""
    total = unflattened(_over_devices(flattened(sums)), [[part.shape for part in each] for each in sums])
    return [
        tuple(_with_graph(whole.to(part.dtype), part) for whole, part in zip(both, each, strict=True))
        for both, each in zip(total, sums, strict=True)
    ]


def _with_graph(total: Tensor, own: Tensor) -> Tensor:
    return total + (own - own.detach()) if own.requires_grad else total

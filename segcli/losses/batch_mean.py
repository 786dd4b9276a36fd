"""The mean over batches, for losses whose value cannot be told from sums."""

import torch
from torch import Tensor

from segcli.losses.base import Loss
from segcli.losses.summed_loss import SummedLoss, Sums


class BatchMean(SummedLoss):
    """Average a loss over batches, each weighted by the number of its images.

    Args:
        loss: It.
    """

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        self.loss = loss

    @property
    def averages(self) -> str:
        """What the value for a split is the mean of."""
        return "batches, each weighted by its images"

    def sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Return the loss times the number of images, in float64, which does not round it, and that number."""
        value = self.loss(logits, mask)
        images = torch.tensor(len(logits), dtype=value.dtype, device=value.device)
        return value.to(torch.float64 if value.device.type != "mps" else value.dtype) * images, images

    def value(self, sums: Sums) -> Tensor:
        """Map the two sums to the mean, in the type of the second: of one batch, it is the loss to the last bit."""
        total, images = sums
        return (total / images.clamp(min=1)).to(images.dtype)


def summed(loss: Loss) -> SummedLoss:
    """Return a loss whose sums add up: itself if they do, else its mean over batches."""
    return loss if isinstance(loss, SummedLoss) and loss.adds_up else BatchMean(loss)

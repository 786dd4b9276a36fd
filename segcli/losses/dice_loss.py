"""Soft Dice loss (Milletari et al., 2016), https://arxiv.org/abs/1606.04797, per class as in Sudre et al. (2017).

Per class, 1 - (2 sum(p t) + s) / (sum(p) + sum(t) + s), with p the probability, t the truth (0 or 1) and s
``smooth``; sums run over pixels that are not ignored. The sums are taken without a one-hot mask: sum(p t) adds up the
probability of each pixel's true class only, which is exact for rare classes and takes a fraction of the memory.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from segcli.losses.base import Loss
from segcli.sample import IGNORE_INDEX

_MASK_VALUES = 256


class DiceLoss(Loss):
    """Average, over classes, one minus the overlap of prediction and truth.

    For the binary task (``K = 1``) the foreground is the only class.

    Args:
        smooth: Pixels added above and below the line, from 0 up; larger values damp the gradient of small objects.
        per_image: Whether each image is scored for itself, then averaged, instead of the batch as a whole.
        absent: What a class without a true pixel does. ``skip``: it is left out of the mean, so that a prediction of
            it costs nothing here. ``count``: it stays, with a loss of 0 where nothing of it is predicted, towards 1
            where much is.

    Raises:
        ValueError: If ``smooth`` is negative.
    """

    def __init__(self, smooth: float = 1.0, per_image: bool = False, absent: Literal["skip", "count"] = "skip") -> None:
        super().__init__()
        if smooth < 0:
            raise ValueError(f"DiceLoss got smooth {smooth}, expected 0 or more; 1.0 is usual.")
        self.smooth, self.per_image, self.absent = smooth, per_image, absent

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` integer mask to a scalar from 0 to 1, in float32."""
        overlap, predicted, true = (_binary_sums if logits.shape[1] == 1 else _sums)(logits.float(), mask)
        seen = (mask != IGNORE_INDEX).flatten(1).any(dim=1, keepdim=True)
        if not self.per_image:
            overlap, predicted, true, seen = (x.sum(dim=0, keepdim=True) for x in (overlap, predicted, true, seen))
        below = (predicted + true + self.smooth).clamp(min=torch.finfo(torch.float32).tiny)
        loss = 1 - (2 * overlap + self.smooth) / below
        counts = true > 0 if self.absent == "skip" else (seen > 0).expand_as(true)
        return torch.where(counts, loss, 0).sum() / counts.sum().clamp(min=1)


def _sums(logits: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return sum(p t), sum(p) and sum(t), each ``(B, K)``."""
    batch, classes = logits.shape[:2]
    image = torch.arange(batch, dtype=torch.int32, device=mask.device).view(-1, 1, 1)
    true = torch.bincount((mask + image * _MASK_VALUES).flatten(), minlength=batch * _MASK_VALUES)
    overlap, predicted = _SoftmaxSums.apply(logits.flatten(2), mask.flatten(1))
    return overlap, predicted, true.view(batch, _MASK_VALUES)[:, :classes]


class _SoftmaxSums(torch.autograd.Function):
    """Sums of softmax probabilities, whose gradient is written once instead of four times.

    With g_k = dP_k + dO_k [t = k] as gradient of the probabilities, that of the logits is p_k (g_k - sum_j p_j g_j).
    Probabilities of ignored pixels are set to 0, which takes them out of all of it.
    """

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, logits: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Map ``(B, K, N)`` logits and a ``(B, N)`` mask to sum(p t) and sum(p), each ``(B, K)``."""
        valid = mask != IGNORE_INDEX
        target = torch.where(valid, mask, 0).long()
        probability = logits.softmax(dim=1).mul_(valid.unsqueeze(1))
        of_target = probability.gather(1, target.unsqueeze(1)).squeeze(1)
        # one after the other in float32, a million summands are off by 1e-4; sum() adds in a tree
        exact = torch.float64 if logits.device.type != "mps" else torch.float32
        overlap = torch.zeros(logits.shape[:2], dtype=exact, device=logits.device)
        overlap.scatter_add_(1, target, of_target.to(exact))
        ctx.save_for_backward(probability, target, of_target)
        return overlap.to(logits.dtype), probability.sum(dim=2)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: torch.autograd.function.BackwardCFunction, d_overlap: Tensor, d_predicted: Tensor
    ) -> tuple[Tensor, None]:
        """Map the gradients of both sums to that of the logits."""
        probability, target, of_target = ctx.saved_tensors  # type: ignore[misc] # typed as one
        at_target = d_overlap.gather(1, target).mul_(of_target)
        with torch.autocast(probability.device.type, enabled=False):
            row = torch.einsum("bk,bkn->bn", d_predicted, probability).add_(at_target)
        grad = torch.sub(d_predicted.unsqueeze(2), row.unsqueeze(1)).mul_(probability)
        return grad.scatter_add_(1, target.unsqueeze(1), at_target.unsqueeze(1)), None


def _binary_sums(logits: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return sum(p t), sum(p) and sum(t) of the foreground, each ``(B, 1)``."""
    probability = torch.where(mask == IGNORE_INDEX, 0, logits[:, 0].sigmoid()).flatten(1)
    true = (mask == 1).flatten(1)
    return ((probability * true).sum(1, True), probability.sum(1, True), true.sum(1, True))

"""Sums over regions, of which Dice, Jaccard and Tversky loss are ratios.

The sums are taken without a one-hot mask: sum(p t) adds up the probability of each pixel's true class only, which is
exact for rare classes and takes a fraction of the memory.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from segcli.losses.base import sigmoid_mask
from segcli.sample import IGNORE_INDEX

_MASK_VALUES = 256


class RegionSums(NamedTuple):
    """Sums over pixels that are not ignored, each ``(G, K)``: G images (or 1, the batch) and K classes.

    Attributes:
        overlap: sum(p t), with p the probability of the class and t the truth, 0 or 1.
        predicted: sum(p).
        true: sum(t).
        seen: sum(1).
    """

    overlap: Tensor
    predicted: Tensor
    true: Tensor
    seen: Tensor


def region_sums(logits: Tensor, mask: Tensor, per_image: bool) -> RegionSums:
    """Sum up what was predicted, what is true and what is both.

    Args:
        logits: ``(B, K, H, W)``.
        mask: ``(B, H, W)`` or ``(B, K, H, W)`` integers, as :class:`~segcli.losses.base.Loss` describes them.
        per_image: Whether each image has its own sums, instead of the batch as a whole.

    Returns:
        Sums in float32 (counts of pixels in int64), each ``(B, K)``, or ``(1, K)`` without ``per_image``.
    """
    labels = sigmoid_mask(logits, mask)
    sums = _softmax_sums(logits.float(), mask) if labels is None else _sigmoid_sums(logits.float(), labels)
    return sums if per_image else RegionSums(*(x.sum(dim=0, keepdim=True) for x in sums))


def region_counts(mask: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """Count the pixels of every image and class.

    Args:
        mask: ``(B, H, W)`` or ``(B, K, H, W)`` integers, as :class:`~segcli.losses.base.Loss` describes them.
        channels: Of the logits, K.

    Returns:
        ``(B, K)`` int64 pixels that are of the class, and ``(B, K)`` those that are not ignored.
    """
    if mask.ndim == 3 and channels > 1:
        return _softmax_counts(mask, channels)
    return _sigmoid_counts(mask.flatten(2) if mask.ndim == 4 else mask.flatten(1).unsqueeze(1))


def _softmax_counts(mask: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    batch = len(mask)
    image = torch.arange(batch, dtype=torch.int32, device=mask.device).view(-1, 1, 1)
    pixels = torch.bincount((mask + image * _MASK_VALUES).flatten(), minlength=batch * _MASK_VALUES)
    true = pixels.view(batch, _MASK_VALUES)[:, :classes]
    return true, true.sum(dim=1, keepdim=True).expand_as(true)


def _sigmoid_counts(labels: Tensor) -> tuple[Tensor, Tensor]:
    return (labels == 1).sum(2), (labels != IGNORE_INDEX).sum(2)


def _softmax_sums(logits: Tensor, mask: Tensor) -> RegionSums:
    true, seen = _softmax_counts(mask, logits.shape[1])
    overlap, predicted = _SoftmaxSums.apply(logits.flatten(2), mask.flatten(1))
    return RegionSums(overlap, predicted, true, seen)


def _sigmoid_sums(logits: Tensor, labels: Tensor) -> RegionSums:
    seen = (labels != IGNORE_INDEX).flatten(2)
    true = (labels == 1).flatten(2)
    probability = torch.where(seen, logits.flatten(2).sigmoid(), 0)
    return RegionSums((probability * true).sum(2), probability.sum(2), true.sum(2), seen.sum(2))


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

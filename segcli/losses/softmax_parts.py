"""What losses take of one softmax: sums over regions, and the cross entropy of every pixel.

Both have one gradient. With g_k = dP_k + dO_k [t = k] as that of the probabilities, and c that of the cross entropy
-log p_t, the gradient of the logits is p_k (g_k - sum_j p_j g_j) + c (p_k - [t = k]).
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from segcli.sample import IGNORE_INDEX


class SoftmaxParts(NamedTuple):
    """Sums over the pixels of B images that are not ignored, and a value for each of all.

    Attributes:
        overlap: ``(B, K)``, sum(p t), with p the probability of the class and t the truth, 0 or 1.
        predicted: ``(B, K)``, sum(p).
        cross_entropy: ``(B, H, W)``, -log p of what is true, 0 where the mask is ignored; None if not asked for.
    """

    overlap: Tensor
    predicted: Tensor
    cross_entropy: Tensor | None


def softmax_parts(logits: Tensor, mask: Tensor, with_cross_entropy: bool = False) -> SoftmaxParts:
    """Take the softmax over classes, and of it what region losses and the cross entropy need.

    Args:
        logits: ``(B, K, H, W)``, ``K >= 2``; half precision is computed in float32.
        mask: ``(B, H, W)`` integers.
        with_cross_entropy: Whether to return that, too.
    """
    overlap, predicted, losses = _Softmax.apply(logits.float().flatten(2), mask.flatten(1), with_cross_entropy)
    return SoftmaxParts(overlap, predicted, None if losses is None else losses.view(mask.shape))


class _Softmax(torch.autograd.Function):
    """The gradient is written once, instead of four times for the sums and two for the cross entropy.

    Probabilities of ignored pixels are set to 0, which takes them out of all of it.
    """

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx, logits: Tensor, mask: Tensor, with_cross_entropy: bool
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Map ``(B, K, N)`` logits and a ``(B, N)`` mask to ``(B, K)`` sum(p t) and sum(p), and ``(B, N)`` -log p."""
        valid = mask != IGNORE_INDEX
        target = torch.where(valid, mask, 0).long()
        cross_entropy = None
        if with_cross_entropy:
            probability = logits.log_softmax(dim=1)
            cross_entropy = torch.where(valid, -_at(probability, target), 0)
            probability.exp_()
        else:
            probability = logits.softmax(dim=1)
        probability.mul_(valid.unsqueeze(1))
        of_target = _at(probability, target)
        # one after the other in float32, a million summands are off by 1e-4; sum() adds in a tree
        exact = torch.float64 if logits.device.type != "mps" else torch.float32
        overlap = torch.zeros(logits.shape[:2], dtype=exact, device=logits.device)
        overlap.scatter_add_(1, target, of_target.to(exact))
        ctx.save_for_backward(probability, target, of_target, valid)
        return overlap.to(logits.dtype), probability.sum(dim=2), cross_entropy

    @staticmethod
    @once_differentiable
    def backward(
        ctx: torch.autograd.function.BackwardCFunction, d_overlap: Tensor, d_predicted: Tensor, d_losses: Tensor | None
    ) -> tuple[Tensor, None, None]:
        """Map the gradients of what was returned to that of the logits."""
        probability, target, of_target, valid = ctx.saved_tensors  # type: ignore[misc] # typed as one
        at_target = d_overlap.gather(1, target).mul_(of_target)
        if d_losses is not None:
            at_target.sub_(torch.where(valid, d_losses, 0))
        with torch.autocast(probability.device.type, enabled=False):
            row = torch.einsum("bk,bkn->bn", d_predicted, probability).add_(at_target)
        grad = torch.sub(d_predicted.unsqueeze(2), row.unsqueeze(1)).mul_(probability)
        return grad.scatter_add_(1, target.unsqueeze(1), at_target.unsqueeze(1)), None, None


def _at(values: Tensor, target: Tensor) -> Tensor:
    """Map ``(B, K, N)`` values and ``(B, N)`` classes to the ``(B, N)`` values of these classes."""
    return values.gather(1, target.unsqueeze(1)).squeeze(1)

"""From logits to classes."""

import torch
from torch import Tensor

from segcli.sample import IGNORE_INDEX


def label_map(logits: Tensor) -> Tensor:
    """Choose the class of every pixel; of equals, the first.

    Args:
        logits: ``(B, K, H, W)`` of any float type. ``K = 1`` is the binary task.

    Returns:
        ``(B, H, W)`` uint8, 0 to ``K - 1``; for ``K = 1``, 1 where the logit is above 0.

    Raises:
        ValueError: If ``K`` is above 255.
    """
    num_classes = logits.shape[1]
    if num_classes > IGNORE_INDEX:
        raise ValueError(f"label_map got {num_classes} classes, expected at most {IGNORE_INDEX}; labels are uint8.")
    if num_classes == 1:
        return (logits[:, 0] > 0).to(torch.uint8)
    if logits.is_cuda or torch.compiler.is_exporting() or logits.stride(1) == 1:
        return logits.max(dim=1).indices.to(torch.uint8)
    # argmax over strided classes does not vectorise on CPUs, amax and uint8 arithmetic do: 3x faster than max(1),
    # 13x faster than argmax(1). The score of class c is K - c where it is the highest, 0 elsewhere.
    rank = torch.arange(num_classes, 0, -1, dtype=torch.uint8, device=logits.device).view(-1, 1, 1)
    score = logits.eq(logits.amax(dim=1, keepdim=True)).view(torch.uint8)
    return score.mul_(rank).amax(dim=1).neg_().add_(num_classes).clamp_(max=num_classes - 1)  # NaN: the last class

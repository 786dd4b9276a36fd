"""From logits to one mask per class."""

import torch
from torch import Tensor


def label_masks(logits: Tensor) -> Tensor:
    """Decide for every pixel and class by itself.

    Args:
        logits: ``(B, K, H, W)`` of any float type.

    Returns:
        ``(B, K, H, W)`` uint8, 1 where the logit is above 0: a probability above one half.
    """
    return logits.gt(0).to(torch.uint8)

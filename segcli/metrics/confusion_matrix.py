"""Counts of (truth, prediction) pairs, the one thing every score here is made of."""

import torch
from torch import Tensor

from segcli.sample import IGNORE_INDEX

_MASK_VALUES = 256


def confusion_matrices(labels: Tensor, mask: Tensor, num_classes: int) -> Tensor:
    """Count pairs of truth and prediction, image by image, in one pass on the tensors' own device.

    Args:
        labels: ``(B, H, W)`` integer predictions, 0 to ``num_classes - 1``.
        mask: ``(B, H, W)`` integer truth, 0 to ``num_classes - 1`` or ``IGNORE_INDEX``, which is left out.
        num_classes: Number of classes, at most 255.

    Returns:
        ``(B, num_classes, num_classes)`` int64; rows are the truth, columns the prediction.

    Raises:
        ValueError: If shapes differ, or a value is no class.
    """
    if labels.shape != mask.shape:
        raise ValueError(
            f"confusion_matrices got labels of shape {tuple(labels.shape)} and a mask of shape {tuple(mask.shape)}, "
            "expected the same; predict at the size of the mask."
        )
    if labels.numel() and (highest := int(labels.max())) >= num_classes:
        raise ValueError(f"confusion_matrices got label {highest}, expected 0 to {num_classes - 1}; check num_classes.")
    # One row for each possible value of the mask: ignored pixels need no pass of their own, wrong values show.
    offset = torch.arange(len(mask), dtype=torch.int32, device=mask.device).mul_(_MASK_VALUES * num_classes)
    pairs = mask.to(torch.int32, copy=True).mul_(num_classes).add_(labels).add_(offset.view(-1, 1, 1))
    counts = torch.bincount(pairs.flatten(), minlength=len(mask) * _MASK_VALUES * num_classes)
    rows = counts.view(len(mask), _MASK_VALUES, num_classes)
    if (stray := rows[:, num_classes:IGNORE_INDEX].sum(dim=(0, 2)).nonzero()).numel():
        values = ", ".join(str(int(v) + num_classes) for v in stray[:5])
        raise ValueError(
            f"confusion_matrices got mask values {values}, expected 0 to {num_classes - 1} or {IGNORE_INDEX}; "
            "map them with data.mask_values or check the number of classes."
        )
    return rows[:, :num_classes]

"""Sums over regions, of which Dice, Jaccard and Tversky loss are ratios.

The sums are taken without a one-hot mask: sum(p t) adds up the probability of each pixel's true class only, which is
exact for rare classes and takes a fraction of the memory.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from segcli.losses.base import sigmoid_mask
from segcli.losses.shared_softmax import shared_parts
from segcli.losses.softmax_parts import softmax_parts
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
    sums = _softmax_sums(logits, mask) if labels is None else _sigmoid_sums(logits.float(), labels)
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
    parts = shared_parts(logits, mask) or softmax_parts(logits, mask)
    return RegionSums(parts.overlap, parts.predicted, true, seen)


def _sigmoid_sums(logits: Tensor, labels: Tensor) -> RegionSums:
    seen = (labels != IGNORE_INDEX).flatten(2)
    true = (labels == 1).flatten(2)
    probability = torch.where(seen, logits.flatten(2).sigmoid(), 0)
    return RegionSums((probability * true).sum(2), probability.sum(2), true.sum(2), seen.sum(2))

"""Region sums of a smoothed truth, of which ratios are best where the prediction equals it.

With a truth t between 0 and 1, sum(p t) is largest for p = 1 where t is, so that the losses drive predictions to the
extremes. Jaccard metric losses (Wang et al., 2023), https://arxiv.org/abs/2302.05666, take the overlap from distances
instead: (|p| + |t| - |p - t|) / 2 summed over pixels, which is sum(min(p, t)), and sum(p t) if t is 0 or 1. Dice
semimetric losses (Wang et al., 2023), https://arxiv.org/abs/2303.16296, do so for Dice and Tversky.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from segcli.losses.base import sigmoid_mask
from segcli.losses.region_sums import region_counts
from segcli.sample import IGNORE_INDEX


class SmoothedSums(NamedTuple):
    """Sums over pixels that are not ignored, each ``(B, K)``: B images and K classes.

    Attributes:
        overlap: sum(min(p, t)), with p the probability of the class and t the smoothed truth.
        predicted: sum(p).
        true: Pixels that are of the class.
        seen: sum(1).
        smoothed: sum(t).
    """

    overlap: Tensor
    predicted: Tensor
    true: Tensor
    seen: Tensor
    smoothed: Tensor


def smoothed_sums(logits: Tensor, mask: Tensor, label_smoothing: float) -> SmoothedSums:
    """Sum up what was predicted, what is true after smoothing, and what is both, of each image.

    Args:
        logits: ``(B, K, H, W)``.
        mask: ``(B, H, W)`` or ``(B, K, H, W)`` integers, as :class:`~segcli.losses.base.Loss` describes them.
        label_smoothing: Share of the truth that is spread evenly over all classes (over yes and no, for the binary
            and the multilabel task), 0 to 1.
    """
    labels, channels = sigmoid_mask(logits, mask), logits.shape[1]
    scores = logits.float().flatten(2)
    if labels is None:
        probability, low = scores.softmax(dim=1), label_smoothing / channels
        truth = mask.flatten(1).unsqueeze(1)
        is_true = truth == torch.arange(channels, device=mask.device).view(-1, 1)
    else:
        probability, low = scores.sigmoid(), label_smoothing / 2
        truth = labels.flatten(2)
        is_true = truth == 1
    target = is_true * (1 - label_smoothing) + low
    valid = truth != IGNORE_INDEX
    overlap = torch.where(valid, torch.minimum(probability, target), 0).sum(dim=2)
    predicted = torch.where(valid, probability, 0).sum(dim=2)
    true, seen = region_counts(mask, channels)
    return SmoothedSums(overlap, predicted, true, seen, true * (1 - label_smoothing) + seen * low)

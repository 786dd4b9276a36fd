"""From probabilities to labels, with thresholds where there are any."""

from collections.abc import Sequence

import torch
from torch import Tensor

from segcli.inference.label_map import label_map

HALF = 0.5


def decide(probabilities: Tensor, multilabel: bool, thresholds: Sequence[float] | None = None) -> Tensor:
    """Choose the class of every pixel, or decide on every class by itself.

    Args:
        probabilities: ``(B, K, H, W)``, 0 to 1; ``K = 1`` is the binary task, that of the second class.
        multilabel: Whether a pixel may be of several classes.
        thresholds: Above which a class is there, one for each of ``K``, or one for all; None for one half. Classes
            that exclude each other have none: the most probable is chosen.

    Returns:
        ``(B, H, W)`` uint8 class indices; with ``multilabel`` ``(B, K, H, W)`` uint8 of 0 and 1.
    """
    if not multilabel and probabilities.shape[1] > 1:
        return label_map(probabilities)
    limits = torch.tensor(list(thresholds or (HALF,)), dtype=probabilities.dtype, device=probabilities.device)
    above = probabilities.gt(limits.view(1, -1, 1, 1)).to(torch.uint8)
    return above if multilabel else above[:, 0]

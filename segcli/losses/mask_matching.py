"""Which query stands for which class of an image: the assignment of least cost, as in DETR (Carion et al., 2020)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]  # ships no stubs
from torch import Tensor
from torch.nn import functional as F


class Matches(NamedTuple):
    """Pairs of a query and a class, N in a batch.

    Attributes:
        image: ``(N,)`` positions in the batch.
        query: ``(N,)`` positions among the queries.
        label: ``(N,)`` indices of classes.
    """

    image: Tensor
    query: Tensor
    label: Tensor


def mask_costs(logits: Tensor, truth: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Compare Q masks with T at P points.

    Args:
        logits: ``(Q, P)``.
        truth: ``(T, P)`` of 0 and 1.
        weight: ``(P,)``, 0 for points that are ignored, else 1.

    Returns:
        Cross entropy per point, and 1 - Dice with 1 added above and below the line, ``(Q, T)`` each.
    """
    true, false = truth * weight, (1 - truth) * weight
    cross_entropy = F.softplus(-logits) @ true.T + F.softplus(logits) @ false.T
    p = logits.sigmoid()
    overlap = 2 * (p @ true.T)
    dice = 1 - (overlap + 1) / ((p @ weight)[:, None] + true.sum(dim=1) + 1)
    return cross_entropy / weight.sum().clamp(min=1), dice


def matched(costs: Sequence[Tensor], labels: Sequence[Sequence[int]]) -> Matches:
    """Assign queries to classes; one transfer to the CPU for all of them.

    Args:
        costs: Of each image, ``(Q, T)``.
        labels: Of each image, the T classes.
    """
    device = costs[0].device
    flat = torch.cat([cost.detach().float().flatten() for cost in costs]).cpu().numpy()
    parts = np.split(flat, np.cumsum([cost.numel() for cost in costs])[:-1])
    found = []
    for image, (part, cost, known) in enumerate(zip(parts, costs, labels, strict=True)):
        queries, targets = linear_sum_assignment(np.nan_to_num(part.reshape(cost.shape)))
        found += [(image, query, known[target]) for query, target in zip(queries, targets, strict=True)]
    table = torch.tensor(found, dtype=torch.long).view(-1, 3).to(device)
    return Matches(*table.unbind(dim=1))

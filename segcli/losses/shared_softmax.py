"""One softmax for all terms of a sum that need one of the same logits.

A softmax reads and writes all logits several times, and so does its gradient; cross entropy and Dice, each by itself,
are little more than that. Terms ask for it here, without knowing of each other, while what adds them up shares it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.losses.base import Loss
from segcli.losses.softmax_parts import SoftmaxParts, softmax_parts
from segcli.sample import IGNORE_INDEX


class _Taken(NamedTuple):
    """A softmax that was taken: of what, whether for a gradient, and what came of it."""

    logits: Tensor
    mask: Tensor
    has_grad: bool
    parts: SoftmaxParts


_TAKEN: ContextVar[list[_Taken] | None] = ContextVar("_TAKEN", default=None)
"""Of the sum that is computed in this thread; nothing outlives it."""


@contextmanager
def shared_softmax(losses: Iterable[Loss]) -> Iterator[None]:
    """Let losses that are called in the meantime share what they take of a softmax.

    Args:
        losses: Those that are; with less than two that share one, each takes its own, which costs less.
    """
    if _TAKEN.get() is not None or sum(loss.shares_softmax for loss in losses) < 2:
        yield
        return
    token = _TAKEN.set([])
    try:
        yield
    finally:
        _TAKEN.reset(token)


def shared_parts(logits: Tensor, mask: Tensor) -> SoftmaxParts | None:
    """Return what was taken of the softmax of these very tensors, or take it; None where nothing is shared.

    Args:
        logits: ``(B, K, H, W)``, ``K >= 2``.
        mask: ``(B, H, W)`` integers.
    """
    taken = _TAKEN.get()
    if taken is None:
        return None
    has_grad = torch.is_grad_enabled()
    for each in taken:
        if each.logits is logits and each.mask is mask and each.has_grad == has_grad:
            return each.parts
    parts = softmax_parts(logits, mask, with_cross_entropy=True)
    taken.append(_Taken(logits, mask, has_grad, parts))
    return parts


def shared_cross_entropy(logits: Tensor, mask: Tensor) -> Tensor | None:
    """Return what :func:`softmax_cross_entropy` does where it is shared, None where nothing is."""
    parts = shared_parts(logits, mask)
    return None if parts is None else parts.cross_entropy


def softmax_cross_entropy(logits: Tensor, mask: Tensor) -> Tensor:
    """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` mask to -log p of what is true, 0 where it is ignored."""
    shared = shared_cross_entropy(logits, mask)
    if shared is not None:
        return shared
    return F.cross_entropy(logits.float(), mask.long(), ignore_index=IGNORE_INDEX, reduction="none")

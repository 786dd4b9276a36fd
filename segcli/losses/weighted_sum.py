"""Several losses as one."""

import math
from collections.abc import Iterable, Iterator, Sequence

from torch import Tensor, nn

from segcli.losses.base import Loss
from segcli.losses.shared_softmax import shared_softmax


class WeightedSum(Loss):
    """Add up losses; each term has class_weights of its own.

    Args:
        terms: Losses, each called with the same logits and mask.
        weights: Factor of each term; by default all are 1.

    Raises:
        ValueError: If there are no terms, not one weight per term, or one that is not finite.
    """

    def __init__(self, terms: list[Loss], weights: list[float] | None = None) -> None:
        super().__init__()
        if not terms:
            raise ValueError("WeightedSum got 0 terms, expected at least 1; name the losses in terms.")
        if weights is not None and len(weights) != len(terms):
            raise ValueError(f"WeightedSum got {len(weights)} weights, expected {len(terms)}, one per term.")
        if weights is not None and not all(math.isfinite(weight) for weight in weights):
            raise ValueError(f"WeightedSum got weights {weights}, expected finite numbers.")
        self.terms = nn.ModuleList(terms)
        self.weights = list(weights) if weights is not None else [1.0] * len(terms)

    def leaves(self) -> Sequence[Loss]:
        """Return the terms, and of a term that is a weighted sum those of it; itself, if a subclass does otherwise."""
        return [leaf for term in self._losses() for leaf in term.leaves()] if self._is_plain else (self,)

    def combine(self, values: Iterator[Tensor]) -> Tensor:
        """Map the values of the :meth:`leaves`, scalars in their order, to the weighted sum."""
        return self._sum(term.combine(values) for term in self._losses()) if self._is_plain else next(values)

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to the weighted sum, a scalar."""
        with shared_softmax(leaf for term in self._losses() for leaf in term.leaves()):
            return self._sum(term(logits, mask) for term in self._losses())

    @property
    def _is_plain(self) -> bool:
        return type(self).forward is WeightedSum.forward

    def _sum(self, values: Iterable[Tensor]) -> Tensor:
        losses = [weight * value for weight, value in zip(self.weights, values, strict=True)]
        return sum(losses[1:], start=losses[0])

    def _losses(self) -> Sequence[Loss]:
        return list(self.terms)  # type: ignore[arg-type]  # a ModuleList is one of modules

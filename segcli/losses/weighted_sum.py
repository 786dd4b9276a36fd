"""Several losses as one."""

from torch import Tensor, nn

from segcli.losses.base import Loss


class WeightedSum(Loss):
    """Add up losses.

    Args:
        terms: Losses, each called with the same logits and mask.
        weights: Factor of each term; by default all are 1.

    Raises:
        ValueError: If there are no terms, or not one weight per term.
    """

    def __init__(self, terms: list[Loss], weights: list[float] | None = None) -> None:
        super().__init__()
        if not terms:
            raise ValueError("WeightedSum got 0 terms, expected at least 1; name the losses in terms.")
        if weights is not None and len(weights) != len(terms):
            raise ValueError(f"WeightedSum got {len(weights)} weights, expected {len(terms)}, one per term.")
        self.terms = nn.ModuleList(terms)
        self.weights = list(weights) if weights is not None else [1.0] * len(terms)

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to the weighted sum, a scalar."""
        losses = [weight * term(logits, mask) for weight, term in zip(self.weights, self.terms, strict=True)]
        return sum(losses[1:], start=losses[0])

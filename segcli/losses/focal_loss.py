"""Focal loss (Lin et al., 2017), https://arxiv.org/abs/1708.02002, section 3, equations 4 and 5.

Per pixel, -alpha_t (1 - p_t)^gamma log p_t, with p_t the probability of what is true. The paper has the sigmoid form;
the softmax form takes p_t from the softmax instead of from one sigmoid per class. The paper divides by the number of
anchors assigned to an object; here the mean is over pixels that are not ignored, whatever their weights, so that
gamma = 0 without alpha is the cross entropy. Class-balanced focal loss (Cui et al., 2019),
https://arxiv.org/abs/1901.05555, is that with factors that follow from how often classes occur.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.losses.base import sigmoid_mask
from segcli.losses.class_weights import ClassWeights
from segcli.losses.mean_loss import MeanLoss
from segcli.losses.shared_softmax import softmax_cross_entropy
from segcli.sample import IGNORE_INDEX

LARGEST_GAMMA, LARGEST_FACTOR = 1e4, 1e6
"""Beyond, sums and gradients over many pixels leave float32."""


class FocalLoss(MeanLoss):
    """Average the cross entropy of pixels, each weighed down the more, the surer it is predicted rightly.

    The mean is over pixels that are not ignored (multilabel: over pairs of label and pixel); weights do not enter it.

    Args:
        gamma: How fast the weight falls with the probability p of what is true, as ``(1 - p) ** gamma``, from 0 up.
        alpha: Factors, each at least 0. Multiclass: one per class. Binary: ``[negative, positive]``; the paper's 0.25
            is ``[0.75, 0.25]``. Multilabel: one per label, at most 1, that of the label's positive pixels; its
            negative ones have 1 minus that, as in the paper. By default all are 1. But for the multilabel task, a word
            takes them from the training split, 1 on average, as the class_weights of CrossEntropyLoss; here they do
            not enter the mean.

    Raises:
        ValueError: If ``gamma`` or a factor is out of range, or, at the first use, if the number of factors is wrong.
    """

    alpha: Tensor | None

    def __init__(
        self,
        gamma: float = 2.0,
        alpha: list[float] | Literal["balanced", "median_frequency", "enet", "effective_number"] | None = None,
    ) -> None:
        super().__init__()
        if not 0 <= gamma <= LARGEST_GAMMA:
            raise ValueError(
                f"FocalLoss got gamma {gamma}, expected 0 or more, at most {LARGEST_GAMMA:g}; 2.0 is usual."
            )
        rule, factors = (alpha, None) if isinstance(alpha, str) else (None, alpha)
        if factors is not None and not (factors and all(0 <= factor <= LARGEST_FACTOR for factor in factors)):
            raise ValueError(f"FocalLoss got alpha {alpha}, expected numbers from 0 up, at most {LARGEST_FACTOR:g}.")
        self.gamma, self._weights = gamma, ClassWeights("FocalLoss", rule, key="alpha")
        self.register_buffer("alpha", None if factors is None else torch.tensor(factors), persistent=False)

    @property
    def averages(self) -> str:
        """What the value for a split is the mean of."""
        return "pixels that are not ignored, of each label where there are several"

    @property
    def shares_softmax(self) -> bool:
        """Return that it does."""
        return True

    def total(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to the float32 sum over pixels."""
        labels = sigmoid_mask(logits, mask)
        if labels is None:
            loss = _softmax_focal(softmax_cross_entropy(logits, mask), self.gamma)
        else:
            loss = _sigmoid_focal(logits.float(), labels, self.gamma)
        truth = mask if labels is None else labels
        multilabel = mask.ndim == logits.ndim
        self._weights.check(logits.shape[1], multilabel)
        alpha = self.alpha if self._weights.values is None else self._weights.values
        if alpha is not None:
            loss = loss * self._factors(alpha, logits.shape[1], truth, multilabel)
        return torch.where(truth != IGNORE_INDEX, loss, 0).sum()

    def weight(self, mask: Tensor, channels: int) -> Tensor:
        """Return the number of pixels, or pairs of label and pixel, that are not ignored."""
        return (mask != IGNORE_INDEX).sum()

    def _factors(self, alpha: Tensor, channels: int, truth: Tensor, multilabel: bool) -> Tensor:
        expected = channels if multilabel else max(2, channels)
        if len(alpha) != expected:
            raise ValueError(
                f"FocalLoss got {len(alpha)} numbers in alpha, expected {expected}, "
                f"one per {'label' if multilabel else 'class'} in the order of data.classes; "
                "the class that is ignored has none."
            )
        if not multilabel:
            return alpha[torch.where(truth == IGNORE_INDEX, 0, truth).long()]
        if self._weights.rule is not None:
            raise ValueError(
                f"FocalLoss got alpha {self._weights.rule}, expected numbers from 0 to 1 where labels overlap: the "
                "factors of positive pixels."
            )
        if (alpha > 1).any():
            raise ValueError(f"FocalLoss got alpha {alpha.tolist()}, expected 0 to 1 where labels overlap.")
        positive = alpha.view(-1, 1, 1)
        return torch.where(truth == 1, positive, 1 - positive)


def _softmax_focal(cross_entropy: Tensor, gamma: float) -> Tensor:
    """Map the ``(B, H, W)`` cross entropy to the loss without alpha."""
    # 1 - p = -expm1(log p); at 0 the slope of its power is infinite for gamma < 1
    miss = (-torch.expm1(-cross_entropy)).clamp(min=torch.finfo(cross_entropy.dtype).tiny)
    return miss.pow(gamma) * cross_entropy


def _sigmoid_focal(logits: Tensor, labels: Tensor, gamma: float) -> Tensor:
    """Map ``(B, K, H, W)`` logits and labels to the ``(B, K, H, W)`` loss without alpha."""
    margin = torch.where(labels == 1, logits, -logits)
    cross_entropy = F.softplus(-margin)
    # -log(1 - p) = softplus(m) = m + softplus(-m)
    return torch.exp(-gamma * (margin + cross_entropy)) * cross_entropy

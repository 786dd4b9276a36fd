"""Non-negative matrix factorisation (Lee & Seung, 1999) as a layer, https://arxiv.org/abs/2109.04553, section 3.

Pixels are approximated by few bases with coefficients from 0 up, found by multiplicative updates. The bases that they
start from are drawn once and belong to the checkpoint, where the authors' code draws them anew for every batch: two
evaluations are equal.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.layers.full_precision import full_precision
from segcli.layers.tokens import tokens_of

_EPS = 1e-6


class NMF(nn.Module):
    """Replace a map by its approximation of low rank, in float32.

    Args:
        channels: Channels of the map.
        rank: Number of bases.
        steps: Updates of coefficients and bases in training.
        eval_steps: Updates in evaluation.
        one_step_gradient: Whether only the last update of the coefficients has a gradient, not all of them.
    """

    bases: Tensor

    def __init__(self, channels: int, rank: int, steps: int, eval_steps: int, one_step_gradient: bool) -> None:
        super().__init__()
        self.steps, self.eval_steps, self.one_step_gradient = steps, eval_steps, one_step_gradient
        self.register_buffer("bases", F.normalize(torch.rand(channels, rank), dim=0))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, channels, H, W)`` with values from 0 up to the same shape and type."""
        with full_precision(x):
            pixels = tokens_of(x).float()  # (B, HW, channels)
            bases = self.bases.float().expand(x.shape[0], -1, -1)
            with torch.set_grad_enabled(torch.is_grad_enabled() and not self.one_step_gradient):
                coefficients = (pixels @ bases).softmax(dim=-1)
                for _ in range(self.steps if self.training else self.eval_steps):
                    coefficients = _updated(coefficients, pixels, bases)
                    bases = _updated(bases, pixels.transpose(1, 2), coefficients)
            coefficients = _updated(coefficients, pixels, bases)
            low_rank = coefficients @ bases.transpose(1, 2)
        return low_rank.transpose(1, 2).view(x.shape).to(x.dtype)


def _updated(left: Tensor, product: Tensor, right: Tensor) -> Tensor:
    """Return ``left`` after a multiplicative update towards ``product = left @ right.T``."""
    return left * (product @ right) / (left @ (right.transpose(1, 2) @ right) + _EPS)

"""Group normalisation (Wu & He, 2018), https://arxiv.org/abs/1803.08494, for maps of any size."""

import torch
from torch import Tensor, nn


class GroupNorm(nn.GroupNorm):
    """Group normalisation also where a group is one value, which torch's own refuses even in evaluation."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C, H, W)`` to the same shape."""
        return torch.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

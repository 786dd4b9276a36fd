"""Group normalisation (Wu & He, 2018), https://arxiv.org/abs/1803.08494, for maps of any size."""

import torch
from torch import Tensor, nn


class GroupNorm(nn.GroupNorm):
    """Group normalisation also where a group is one value, which torch's own refuses even in evaluation."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C, H, W)`` to the same shape."""
        return torch.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


def expect_groups(decoder: str, argument: str, channels: int, groups: int) -> None:
    """Say it if channels cannot be shared out among the groups of a decoder's normalisation.

    Raises:
        ValueError: If ``channels`` is no multiple of ``groups``.
    """
    if channels % groups:
        raise ValueError(
            f"{decoder} got {argument} {channels}, expected a multiple of {groups} "
            f"(groups of its normalisation); use {-(-channels // groups) * groups}."
        )

"""Losses that follow from sums over pixels or images, and so have a value for any set of images."""

from abc import abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor

from segcli.datasets.mask_targets import TargetFunction
from segcli.losses.base import Loss

Sums = tuple[Tensor, ...]
"""Each of any shape, to be added to those of other images."""


class SummedLoss(Loss):
    """A loss that is a function of sums, so that its value for many images does not depend on how they are batched.

    The task adds up the sums of all batches and devices for ``val/loss`` and ``train/loss``; in training those of all
    devices are the loss of a step.
    """

    @property
    @abstractmethod
    def averages(self) -> str:
        """What the value for a split is the mean of, in words that are kept with it."""

    @abstractmethod
    def sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to sums, of any number type."""

    @abstractmethod
    def value(self, sums: Sums) -> Tensor:
        """Map sums, of one batch or of many, to the loss, a scalar; 0 where nothing was counted."""

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to a scalar."""
        return self.value(self.sums(logits, mask))

    @property
    def mask_targets(self) -> Mapping[str, TargetFunction]:
        """What it compares with beside the mask, follows from that alone and takes long: functions by name.

        A loss that has some takes them as a third argument of ``sums``, ``targets``, and computes what is not in it:
        the loaders of our data modules compute them, those of others need not.
        """
        return {}

    @property
    def adds_up(self) -> bool:
        """Whether the value of added sums is that of all their images.

        It is not where a subclass replaces ``forward`` and leaves ``sums`` as they were.
        """
        order = type(self).__mro__
        first = {name: next(i for i, kind in enumerate(order) if name in vars(kind)) for name in ("forward", "sums")}
        return first["sums"] <= first["forward"]

    @property
    def accumulates(self) -> bool:
        """Whether the value of many batches is the mean of theirs, each weighted by :meth:`weight`.

        Then accumulated gradients are exactly those of one large batch.
        """
        return False

    def weight(self, mask: Tensor, channels: int) -> Tensor:
        """Return what a batch weighs among those whose gradients are accumulated, a scalar from 0 up.

        Args:
            mask: ``(B, H, W)`` or ``(B, K, H, W)`` integers.
            channels: Of the logits, K.

        Returns:
            The number of images; a loss that ``accumulates`` overrides it.
        """
        return torch.tensor(len(mask), device=mask.device)

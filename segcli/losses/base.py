"""The contract of a loss."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Loss(nn.Module, ABC):
    """Compare logits with a mask.

    ``K = 1`` with a ``(B, H, W)`` mask is the binary task: sigmoid, mask values 0 and 1.
    """

    @abstractmethod
    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` integer mask to a scalar.

        Pixels where the mask is ``segcli.sample.IGNORE_INDEX`` count neither above nor below the line. Where all
        are ignored, the result is 0 and differentiable.
        """

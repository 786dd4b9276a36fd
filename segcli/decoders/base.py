"""The contract of a decoder."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn

from segcli.features import FeatureSpec


class Decoder(nn.Module, ABC):
    """Turn a pyramid of features into one map.

    Attributes:
        out_channels: Channels of the map.
        out_stride: Input pixels per pixel of the map.
        classifier_kernel: Kernel size of the convolution that turns the map into logits.
    """

    out_channels: int
    out_stride: int
    classifier_kernel: int = 1

    @abstractmethod
    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, out_channels, H/out_stride, W/out_stride)``."""


class DecoderFactory(Protocol):
    """A decoder class with its arguments, which still waits for the backbone's features."""

    def __call__(self, features: Sequence[FeatureSpec]) -> Decoder:
        """Build the decoder for these levels, finest first."""

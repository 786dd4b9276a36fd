"""The contract of a decoder whose earlier maps can be trained too."""

from abc import abstractmethod
from collections.abc import Sequence

from torch import Tensor

from segcli.decoders.base import Decoder


class StagedDecoder(Decoder):
    """Make a map in stages, each of which could be the last; see :class:`~segcli.decoders.deep_supervision`.

    Attributes:
        stage_channels: Channels of the map of each stage, ``out_channels`` last.
    """

    stage_channels: Sequence[int]

    @abstractmethod
    def stages(self, features: Sequence[Tensor], count: int | None = None) -> list[Tensor]:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to the maps of the first stages, of any size.

        Args:
            features: Levels, finest first.
            count: How many stages are computed, from 1 up; None for all.
        """

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, out_channels, H/out_stride, W/out_stride)``."""
        return self.stages(features)[-1]

"""The contract of a backbone."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from segcli.features import Features, FeatureSpec


class Backbone(nn.Module, ABC):
    """Turn an image into a pyramid of features.

    Attributes:
        features: Levels that ``forward`` returns, finest first.
        in_channels: Channels of the image, ``C``.
        size_multiple: ``forward`` takes heights and widths that are multiples of this.
        image_size: The one height and width that ``forward`` takes instead, which need be no multiples: then levels
            have the size that they have of the next larger multiples. None where any multiples are taken.
        tail_blocks: Last blocks that are left to a head, which runs them.
        mean: Per channel, of values scaled to 0..1; what the weights were trained with.
        std: Per channel, of values scaled to 0..1; what the weights were trained with.
    """

    features: tuple[FeatureSpec, ...]
    in_channels: int
    size_multiple: int
    image_size: tuple[int, int] | None = None
    tail_blocks: int = 0
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def weights_note(self) -> str:
        """A line on weights that it should have found and starts anew with; empty if there are none."""
        return ""

    @abstractmethod
    def forward(self, image: Tensor) -> list[Tensor]:
        """Map a normalised ``(B, C, H, W)`` image to ``(B, C_i, H/s_i, W/s_i)`` levels, finest first."""

    def use_final_norm(self) -> None:
        """Let levels pass a norm that stands behind them, where that is left to the decoder, which asks for it."""

    def extract(self, image: Tensor) -> Features:
        """Map a normalised ``(B, C, H, W)`` image to its levels and what else the backbone knows of it.

        A backbone that knows more than its levels overrides this.
        """
        multiple = self.size_multiple
        height, width = image.shape[-2:]
        size = -(-height // multiple) * multiple, -(-width // multiple) * multiple
        return Features(self(image), image, size)

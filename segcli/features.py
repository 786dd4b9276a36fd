"""What a backbone promises to a decoder and gives it, and the legend of shape symbols.

Legend, used in every docstring:

- ``B``: images in a batch
- ``C``: channels of an image
- ``K``: classes
- ``C_i``, ``s_i``: channels and stride of feature level ``i``, finest level first
- ``H``, ``W``: height and width of the input image in pixels
"""

from typing import NamedTuple

from torch import Tensor


class FeatureSpec(NamedTuple):
    """Channels and stride of one feature level.

    Attributes:
        channels: Number of channels, ``C_i``.
        stride: Input pixels per feature pixel, ``s_i``.
    """

    channels: int
    stride: int


class Features(NamedTuple):
    """All that a backbone knows of a batch of images.

    Attributes:
        levels: ``(B, C_i, H/s_i, W/s_i)``, finest first.
        image: ``(B, C, H, W)``, normalised and padded, as the backbone took it.
        size: Height and width in pixels that the levels stand for: those of the image, or more where a backbone that
            takes images of one size only fills its levels up.
        prefix: Of a transformer, what it knows of the image as a whole: ``(B, P, C_i)`` tokens (class and registers)
            of each level; None of any other backbone.
    """

    levels: list[Tensor]
    image: Tensor
    size: tuple[int, int]
    prefix: list[Tensor] | None = None

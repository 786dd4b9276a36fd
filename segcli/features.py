"""What a backbone promises to a decoder, and the legend of shape symbols.

Legend, used in every docstring:

- ``B``: images in a batch
- ``C``: channels of an image
- ``K``: classes
- ``C_i``, ``s_i``: channels and stride of feature level ``i``, finest level first
- ``H``, ``W``: height and width of the input image in pixels
"""

from typing import NamedTuple


class FeatureSpec(NamedTuple):
    """Channels and stride of one feature level.

    Attributes:
        channels: Number of channels, ``C_i``.
        stride: Input pixels per feature pixel, ``s_i``.
    """

    channels: int
    stride: int

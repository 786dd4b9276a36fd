"""DeepLabV3 (Chen et al., 2017), https://arxiv.org/abs/1706.05587, section 3.3 and figure 5.

Meant for a backbone of ``output_stride: 16`` or 8; on one without that option it runs at its last stride. Weights of
segmentation-models-pytorch fit with ``smooth: true``.
"""

from collections.abc import Sequence

from segcli.decoders.deeplab_v3_plus import DeepLabV3Plus
from segcli.features import FeatureSpec


class DeepLabV3(DeepLabV3Plus):
    """Look at the deepest level at several rates and as a whole, fuse.

    Args:
        features: Backbone pyramid, finest level first; the deepest is used.
        width: Channels of every branch and of the output.
        rates: Dilation of each 3x3 convolution. By default 6, 12, 18; for a stride of 8 or less 12, 24, 36.
        separable: Whether 3x3 convolutions are depthwise separable.
        smooth: Whether a 3x3 convolution follows the pooling.
        dropout: Share of values zeroed after the pooling in training, 0 to 1.

    Raises:
        ValueError: If ``features`` is empty or a number is below 1.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        width: int = 256,
        rates: list[int] | None = None,
        separable: bool = False,
        smooth: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(features, width, rates, low_level=False, separable=separable, smooth=smooth, dropout=dropout)

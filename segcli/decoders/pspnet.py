"""PSPNet (Zhao et al., 2017), https://arxiv.org/abs/1612.01105, section 3.2 and figure 3.

Meant for a backbone of ``output_stride: 8``; on one without that option it runs at its last stride. Weights of
segmentation-models-pytorch fit with ``kernel_size: 1, align_corners: true``, but for the order of channels and for the
single cell, which has a bias there in place of normalisation.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.pyramid_pooling import PyramidPooling


class PSPNet(Decoder):
    """Average the deepest level over grids of few cells, concatenate them with it, convolve.

    Args:
        features: Backbone pyramid, finest level first; the deepest is used.
        width: Channels of the output. The grids together have as many as the level, evenly shared.
        grids: Cells of every grid along height and width. By default 1, 2, 3, 6.
        kernel_size: Height and width of the last convolution's kernel, odd.
        align_corners: Whether grids are resized with corners as pixel centres.
        dropout: Share of output channels zeroed in training, 0 to 1.

    Raises:
        ValueError: If ``features`` is empty, the level has fewer channels than there are grids, or ``kernel_size`` is
            even.
    """

    meant_stride = 8

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        width: int = 512,
        grids: list[int] | None = None,
        kernel_size: int = 3,
        align_corners: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        expect_at_least_one("PSPNet", width=width, grids=grids, kernel_size=kernel_size)
        (deep,) = deepest("PSPNet", features, most=1)
        grids = [1, 2, 3, 6] if grids is None else grids
        if len(grids) > deep.channels:
            raise ValueError(
                f"PSPNet got {len(grids)} grids for a level of {deep.channels} channels, expected a channel for each "
                "or more; give it fewer grids or another level (model.backbone.out_indices)."
            )
        pooling = PyramidPooling(deep.channels, deep.channels // len(grids), grids, align_corners)
        self.pool = nn.Sequential(pooling, ConvNormAct(pooling.out_channels, width, kernel_size))
        self.dropout = nn.Dropout2d(dropout)
        self.out_channels, self.out_stride = width, deep.stride

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, width, H/s_j, W/s_j)`` of the deepest; values from 0 up."""
        return self.dropout(self.pool(features[-1]))

"""Simple feature pyramid of ViTDet (Li et al., 2022), https://arxiv.org/abs/2203.16527, section 3.

Only the deepest level of a plain transformer is read, as all of what it knows is there; it becomes a quarter, a half,
once and twice its stride. Deviation: sizes that are odd are rounded up when they are halved.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from segcli.decoders.base import DecoderFactory, Head, build_decoder
from segcli.decoders.classified import as_head
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import Features, FeatureSpec
from segcli.layers.layer_norm import LayerNorm
from segcli.prediction import Prediction

_FINEST = 4


class SimplePyramid(Head):
    """Make a pyramid of four levels from the deepest level, for a decoder that wants one.

    Args:
        features: Levels of the backbone, finest first; the last is used.
        num_outputs: Logits per pixel, ``K``.
        base: Decoder or head on the pyramid, such as ``UNet``.
        width: Channels of every level of the pyramid.

    Raises:
        ValueError: If ``features`` is empty, the stride of the last is no multiple of 4, or ``width`` is below 1.
    """

    def __init__(
        self, features: Sequence[FeatureSpec], num_outputs: int, base: DecoderFactory, width: int = 256
    ) -> None:
        super().__init__()
        expect_at_least_one("SimplePyramid", width=width)
        channels, stride = deepest("SimplePyramid", features)[-1]
        if stride % _FINEST:
            raise ValueError(
                f"SimplePyramid got a deepest level of stride {stride}, expected a multiple of {_FINEST}, since the "
                "finest level is of a quarter; choose a backbone whose patches are of 16 pixels, or set "
                "model.backbone.backbone_kwargs {patch_size: 16}."
            )
        half, quarter = max(1, channels // 2), max(1, channels // 4)
        self.levels = nn.ModuleList(
            nn.Sequential(*scale, *_smoothed(own, width))
            for scale, own in (
                ([_doubled(channels, half), LayerNorm(half), nn.GELU(), _doubled(half, quarter)], quarter),
                ([_doubled(channels, half)], half),
                ([], channels),
                ([nn.MaxPool2d(2, ceil_mode=True)], channels),
            )
        )
        strides = (stride // 4, stride // 2, stride, stride * 2)
        pyramid = [FeatureSpec(width, each) for each in strides]
        self.base = as_head(build_decoder(base, pyramid, num_outputs), num_outputs)

    def forward(self, features: Features) -> Prediction:
        """Map features to what the head predicts from the pyramid."""
        deep = features.levels[-1]
        pyramid: list[Tensor] = [level(deep) for level in self.levels]
        return self.base(features._replace(levels=pyramid, prefix=None, tail=None))


def _doubled(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)


def _smoothed(in_channels: int, width: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(in_channels, width, 1, bias=False),
        LayerNorm(width),
        nn.Conv2d(width, width, 3, padding=1, bias=False),
        LayerNorm(width),
    )

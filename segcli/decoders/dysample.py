"""DySample (Liu et al., 2023), https://arxiv.org/abs/2308.15085, section 3: upsampling by learning to sample.

Every new pixel is read from the map at its own place plus an offset, which a convolution of a single pixel gives, times
0.25 (the static scope, with which the offsets of neighbours hardly cross). It starts near zero, and so does DySample
near bilinear interpolation. This is the paper's "LP" style: offsets are computed on the small map.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.decoders.base import Decoder, DecoderFactory, build_decoder
from segcli.decoders.levels import deepest
from segcli.features import FeatureSpec

_SCOPE = 0.25
_STANDARD_DEVIATION = 0.001


class DySample(Decoder):
    """Upsample a decoder's map by sampling it where it pays, in place of the final bilinear resize.

    The map at its new size is held in memory: at stride 1, ``out_channels`` numbers for every pixel of the image.

    Args:
        features: Backbone pyramid, finest level first.
        num_outputs: Logits per pixel, ``K``.
        base: Decoder whose map is upsampled, such as ``FPN``.
        scale: Times that the map becomes as high and wide; must divide its stride.
        groups: Groups of channels that have offsets of their own; must divide the map's channels.

    Raises:
        ValueError: If ``base`` is a head, or ``scale`` or ``groups`` does not divide what it must.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        num_outputs: int,
        base: DecoderFactory,
        scale: int = 4,
        groups: int = 4,
    ) -> None:
        super().__init__()
        finest = deepest("DySample", features)[0]
        built = build_decoder(base, features, num_outputs)
        if not isinstance(built, Decoder):
            raise ValueError(
                f"DySample got {type(built).__name__} as base, which predicts by itself, expected a decoder that gives "
                "a map; choose another base, such as FPN."
            )
        if scale < 2 or built.out_stride % scale:
            raise ValueError(
                f"DySample got scale {scale}, expected a number above 1 that divides {built.out_stride}, the stride of "
                f"the map of {type(built).__name__}; set model.decoder.scale to one, or leave DySample out."
            )
        if groups < 1 or built.out_channels % groups:
            raise ValueError(
                f"DySample got groups {groups}, expected a number that divides the {built.out_channels} channels of "
                f"the map of {type(built).__name__}; set model.decoder.groups to one."
            )
        self.base, self.scale, self.groups = built, scale, groups
        self.out_channels, self.out_stride = built.out_channels, built.out_stride // scale
        self.classifier_kernel = built.classifier_kernel
        self.wants_norm, self.meant_stride = built.wants_norm, built.meant_stride
        self.finest_stride = finest.stride
        self.offset = nn.Conv2d(self.out_channels, 2 * groups * scale**2, 1)
        nn.init.normal_(self.offset.weight, std=_STANDARD_DEVIATION)
        nn.init.zeros_(self.offset.bias)  # type: ignore[arg-type] # made with a bias

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, out_channels, H/out_stride, W/out_stride)``."""
        y = self.upsample(self.base(features))
        height, width = (-(-side * self.finest_stride // self.out_stride) for side in features[0].shape[-2:])
        return y[..., :height, :width]  # a coarse map of an odd size stands for more than the image

    def upsample(self, x: Tensor) -> Tensor:
        """Map ``(B, C, h, w)`` to ``(B, C, scale h, scale w)``."""
        batch, channels, height, width = x.shape
        offsets = F.pixel_shuffle(self.offset(x).float() * _SCOPE, self.scale)  # in pixels of x
        offsets = offsets.reshape(batch * self.groups, 2, *offsets.shape[-2:])
        rows, columns = (torch.arange(0.5, side * self.scale, device=x.device) / self.scale for side in (height, width))
        places = torch.stack([columns + offsets[:, 0], rows[:, None] + offsets[:, 1]], dim=3)
        grid = places * (2 / torch.tensor([width, height], device=x.device)) - 1
        parts = x.float().reshape(batch * self.groups, channels // self.groups, height, width)
        y = F.grid_sample(parts, grid, padding_mode="border", align_corners=False)
        is_nhwc = x.is_contiguous(memory_format=torch.channels_last)
        layout = torch.channels_last if is_nhwc else torch.contiguous_format
        return y.reshape(batch, channels, *y.shape[-2:]).to(x.dtype, memory_format=layout)

"""Dense prediction transformer (Ranftl et al., 2021), https://arxiv.org/abs/2103.13413, section 3 and appendix A.

Sizes are asked of the maps, not computed from factors, so that any number of patches works. The convolution that ends
a fusion comes before the resizing, with which it commutes. A level whose stride differs from the others', as of a
pyramid, comes as it is. Weights of segmentation-models-pytorch fit but for one unit: there the deepest level passes
two residual units, in the authors' code one, since there is nothing to add to it. Of several prefix tokens ``add``
takes the first, the class token, as the authors do, not the mean of all. Levels pass the transformer's final norm,
which the authors' do not; ``model.backbone.normalise: false`` leaves it out.
"""

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from segcli.decoders.base import Head
from segcli.decoders.class_token import class_tokens
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import Features, FeatureSpec
from segcli.layers.batch_norm import BatchNorm
from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.resize import resize
from segcli.prediction import DensePrediction

_LEVELS = 4
_CHANNELS = (96, 192, 384, 768)
_AS_IT_IS = 2


class DPT(Head):
    """Assemble a transformer's levels to a pyramid, and fuse it from the coarsest to twice the finest.

    Args:
        features: Levels of the backbone, finest first; the last four are used, fewer are fine.
        num_outputs: Logits per pixel, ``K``.
        channels: Channels of every level while it is brought to its size, finest first; by default 96, 192, 384, 768.
            The paper has 256, 512, 1024, 1024 for ViT-L.
        width: Channels of the fused maps.
        readout: What becomes of each level's class token: ``project`` concatenates it to every pixel and maps both to
            the level's channels, ``add`` adds it, ``ignore`` leaves it out.
        dropout: Share of channels zeroed before the classifier in training, 0 to 1.

    Raises:
        ValueError: If ``features`` is empty, or ``channels`` has not one entry per level; for an image, if there is no
            class token to read out.
    """

    wants_norm: bool = True

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        num_outputs: int,
        channels: list[int] | None = None,
        width: int = 256,
        readout: Literal["project", "add", "ignore"] = "project",
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        expect_at_least_one("DPT", channels=channels, width=width)
        levels = deepest("DPT", features, most=_LEVELS)
        widths = list(_CHANNELS[: len(levels)]) if channels is None else channels
        if len(widths) != len(levels):
            raise ValueError(
                f"DPT got {len(widths)} channels, expected {len(levels)}, one for each level; leave them out or give "
                f"{len(levels)} numbers."
            )
        self.readout = readout
        is_plain = len({spec.stride for spec in levels}) == 1
        self.readouts = nn.ModuleList(_Readout(f.channels, readout) for f in levels)
        self.reassemble = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(spec.channels, own, 1),
                _resampling(own, level if is_plain else _AS_IT_IS),
                nn.Conv2d(own, width, 3, padding=1, bias=False),
            )
            for level, (spec, own) in enumerate(zip(levels, widths, strict=True))
        )
        self.fusions = nn.ModuleList(_Fusion(width, adds=level > 0) for level in range(len(levels)))
        self.head = nn.Sequential(ConvNormAct(width, width), nn.Dropout2d(dropout), nn.Conv2d(width, num_outputs, 1))

    def forward(self, features: Features) -> DensePrediction:
        """Map features to logits at an eighth of a plain transformer's stride, at half of a pyramid's finest."""
        x = self.fuse(features)
        return DensePrediction(self.head(x), features.size)

    def fuse(self, features: Features) -> Tensor:
        """Map features to ``(B, width, h, w)``, twice as high and wide as the finest level is assembled."""
        levels = features.levels[-_LEVELS:]
        tokens: Sequence[Tensor | None] = [None] * len(levels)
        if self.readout != "ignore":
            tokens = class_tokens("DPT", features, "set model.decoder.readout to ignore")[-_LEVELS:]
        parts = zip(self.readouts, self.reassemble, levels, tokens, strict=True)
        *finer, x = (reassemble(read(level, token)) for read, reassemble, level, token in parts)
        x = self.fusions[0](x)
        for fusion, side in zip(self.fusions[1:], reversed(finer), strict=True):
            x = fusion(side, x)
        height, width = x.shape[-2:]
        return resize(x, size=(2 * height, 2 * width), align_corners=True)


class _Readout(nn.Module):
    """Let every pixel know what the class token says."""

    def __init__(self, channels: int, kind: str) -> None:
        super().__init__()
        self.kind = kind
        if kind == "project":
            self.project = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x: Tensor, token: Tensor | None) -> Tensor:
        """Map ``(B, C, h, w)`` and ``(B, C)`` to ``(B, C, h, w)``."""
        if token is None:
            return x
        token = token[..., None, None]
        if self.kind == "add":
            return x + token
        of_pixel, of_token = self.project.weight.chunk(2, dim=1)
        return F.gelu(F.conv2d(x, of_pixel) + F.conv2d(token, of_token, self.project.bias))


class _Residual(nn.Module):
    """Two activations, each with a convolution, beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        steps = ((nn.ReLU(), nn.Conv2d(width, width, 3, padding=1, bias=False), BatchNorm(width)) for _ in range(2))
        self.steps = nn.Sequential(*(module for step in steps for module in step))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, width, h, w)`` to the same shape."""
        return x + self.steps(x)


class _Fusion(nn.Module):
    """Add a level to what comes from the coarser ones."""

    def __init__(self, width: int, adds: bool) -> None:
        super().__init__()
        if adds:
            self.side = _Residual(width)
        self.residual = _Residual(width)
        self.project = nn.Conv2d(width, width, 1)

    def forward(self, side: Tensor, above: Tensor | None = None) -> Tensor:
        """Map a level, and the smaller map above it if there is one, to ``(B, width, h, w)`` of the level."""
        if above is not None:
            side = self.side(side) + resize(above, like=side, align_corners=True)
        return self.project(self.residual(side))


def _resampling(channels: int, level: int) -> nn.Module:
    """Return what brings patches to four, two, one and half a pixel of a level, by its number."""
    if level < _AS_IT_IS:
        factor = 2 ** (_AS_IT_IS - level)
        return nn.ConvTranspose2d(channels, channels, factor, stride=factor)
    return nn.Identity() if level == _AS_IT_IS else nn.Conv2d(channels, channels, 3, stride=2, padding=1)

"""PointRend (Kirillov et al., 2020), https://arxiv.org/abs/1912.08193, section 3, around any decoder.

A small network looks again at points where the coarse prediction is least certain. In training these are drawn at
random (section 3.1) and have a loss of their own, which ignores points in ignored pixels; in evaluation the map is
doubled step by step, its least certain pixels each time predicted anew. Certain is what leads the second class by
much; of the binary task, what is far from 0. A head does not know of several labels per pixel, for which the lead of
one over another stands, too.

Fine features are those of the backbone's level of stride 4, for which the paper's experiments take res2.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.decoders.base import DecoderFactory, Head, build_decoder
from segcli.decoders.classified import as_head
from segcli.decoders.counts import expect_at_least_one
from segcli.decoders.levels import deepest
from segcli.features import Features, FeatureSpec
from segcli.layers.point_samples import centres_of, certainty, uncertain_points, values_at
from segcli.layers.resize import resize
from segcli.prediction import DensePrediction, PointPrediction, Prediction

_FINE_STRIDE = 4


class PointRend(Head):
    """Predict the uncertain points of a decoder's prediction anew, from a finer level.

    Needs ``model.extra_loss_weight`` for the loss of the points, which is the last of the extra predictions; the
    authors weigh it as the coarse prediction's, by 1. Points are not known before their batch is predicted, so where
    gradients of batches are accumulated, each batch's points weigh as the pixels of its masks: exactly as in one large
    batch if no pixel is ignored and no class weighed, else nearly so.

    Args:
        features: Backbone pyramid, finest level first.
        num_outputs: Logits per pixel, ``K``.
        base: Decoder or head that predicts coarsely, at any stride.
        points: Points of each image in training.
        oversample: How many times as many are drawn, of which the least certain are taken, at least 1.
        uncertain: Share of points taken for being uncertain, 0 to 1; the others are spread evenly.
        subdivisions: Steps of evaluation, in each of which the map is doubled, up to the size of the image.
        refined: Pixels that are predicted anew in each step.
        width: Channels between the layers of the network for points.
        layers: Its hidden layers.

    Raises:
        ValueError: If ``features`` is empty or a number is out of range; for an image, if ``base`` predicts no map.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        num_outputs: int,
        base: DecoderFactory,
        points: int = 2048,
        oversample: float = 3.0,
        uncertain: float = 0.75,
        subdivisions: int = 2,
        refined: int = 8192,
        width: int = 256,
        layers: int = 3,
    ) -> None:
        super().__init__()
        levels = deepest("PointRend", features)
        expect_at_least_one(
            "PointRend", points=points, subdivisions=subdivisions, refined=refined, width=width, layers=layers
        )
        if oversample < 1 or not 0 <= uncertain <= 1:
            raise ValueError(
                f"PointRend got oversample {oversample} and uncertain {uncertain}, expected at least 1 and a share, 0 "
                "to 1; leave them out for 3 and 0.75."
            )
        self.base = as_head(build_decoder(base, features, num_outputs), num_outputs)
        self.wants_norm, self.meant_stride = self.base.wants_norm, self.base.meant_stride
        coarser = (index for index, spec in enumerate(levels) if spec.stride >= _FINE_STRIDE)
        self.fine_index = next(coarser, len(levels) - 1)
        self.points = _PointNetwork(levels[self.fine_index].channels, num_outputs, width, layers)
        self.num_points, self.oversample, self.uncertain = points, oversample, uncertain
        self.subdivisions, self.refined = subdivisions, refined

    def forward(self, features: Features) -> Prediction:
        """Map features to the coarse prediction, with one at points, in training; else to a finer prediction."""
        coarse = self.base(features)
        if not isinstance(coarse, DensePrediction):
            raise ValueError(
                f"PointRend got {type(self.base).__name__} as base, which predicts masks of queries, expected a "
                "decoder that predicts every pixel; choose another base, such as FPN."
            )
        fine, low = features.levels[self.fine_index].float(), coarse.map.float()
        if self.training:
            points = uncertain_points(low.detach(), self.num_points, self.oversample, self.uncertain)
            at_points = PointPrediction(self._predict(points, fine, low), points, coarse.map, features.size)
            coarse.extra = (*coarse.extra, at_points)
            return coarse
        fined = low
        for _ in range(self.subdivisions):
            fined = self._refine(fined, fine, low, features.size)
        return DensePrediction(fined, features.size)

    def _refine(self, logits: Tensor, fine: Tensor, coarse: Tensor, most: tuple[int, int]) -> Tensor:
        """Map ``(B, K, h, w)`` logits to ones of twice the height and width, at most those of the image."""
        height, width = (min(2 * side, whole) for side, whole in zip(logits.shape[-2:], most, strict=True))
        logits = resize(logits, size=(height, width))
        count = min(self.refined, height * width)
        pixels = certainty(logits).flatten(1).topk(count, dim=1, largest=False).indices
        anew = self._predict(centres_of(pixels, (height, width)), fine, coarse)
        places = pixels[:, None].expand_as(anew)
        return logits.flatten(2).scatter(2, places, anew.to(logits.dtype)).reshape(logits.shape)

    def _predict(self, points: Tensor, fine: Tensor, coarse: Tensor) -> Tensor:
        """Map ``(B, P, 2)`` points to ``(B, K, P)`` logits."""
        return self.points(values_at(fine, points), values_at(coarse, points))


class _PointNetwork(nn.Module):
    """A perceptron that sees the coarse prediction before every layer."""

    def __init__(self, fine_channels: int, num_outputs: int, width: int, layers: int) -> None:
        super().__init__()
        widths = [fine_channels] + [width] * layers
        self.layers = nn.ModuleList(nn.Conv1d(channels + num_outputs, width, 1) for channels in widths[:-1])
        self.classifier = nn.Conv1d(width + num_outputs, num_outputs, 1)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """Map ``(B, C, P)`` features and ``(B, K, P)`` logits to ``(B, K, P)`` logits."""
        learnt = self.classifier.weight.dtype
        for layer in self.layers:
            fine = layer(torch.cat([fine, coarse], dim=1).to(learnt)).relu()
        return self.classifier(torch.cat([fine, coarse], dim=1).to(learnt))

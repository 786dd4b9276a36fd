"""Deep supervision (Lee et al., 2015), https://arxiv.org/abs/1409.5185: a loss for what a decoder has on its way, too.

Around UNet++ (Zhou et al., 2020), https://arxiv.org/abs/1912.05074, sections III-B and III-C, it trains all of
``X(0, j)``; a pruned model then predicts from an earlier one, and leaves out what only later ones need. Around a U-Net
it trains the map of every block, as nnU-Net does, whose weights are halved with every coarser one.

The mean of all stages is the accurate mode of UNet++ (Zhou et al., 2018), https://arxiv.org/abs/1807.10165, section
2.2, where outputs are averaged. Deviation: here it is of logits, since a head does not know whether classes exclude
each other.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segcli.decoders.base import DecoderFactory, Head, build_decoder
from segcli.decoders.classified import classifier_of
from segcli.decoders.levels import deepest
from segcli.decoders.staged_decoder import StagedDecoder
from segcli.features import Features, FeatureSpec
from segcli.layers.resize import resize
from segcli.prediction import DensePrediction


class DeepSupervision(Head):
    """Classify the map of every stage of a decoder in training, each with a loss; predict from the last.

    Needs ``model.extra_loss_weight``: one weight for all stages before the last, or one for each, the first stage
    first.

    Args:
        features: Backbone pyramid, finest level first.
        num_outputs: Logits per pixel, ``K``.
        base: Decoder that has stages: ``UNetPlusPlus``, or ``UNet``, whose first are its coarsest.
        prune: Stage that evaluation predicts from, counted from 1; by default the last. For checkpoints that were
            trained without, too.
        average: Whether evaluation predicts from the mean logits of all stages up to that one, each resized to it.

    Raises:
        ValueError: If ``features`` is empty, ``base`` has no stages or a single one, or there is no such stage.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        num_outputs: int,
        base: DecoderFactory,
        prune: int | None = None,
        average: bool = False,
    ) -> None:
        super().__init__()
        built = build_decoder(base, deepest("DeepSupervision", features), num_outputs)
        if not isinstance(built, StagedDecoder):
            raise ValueError(
                f"DeepSupervision got {type(built).__name__} as base, expected a decoder with stages; "
                "set model.decoder.base to UNetPlusPlus or UNet, or give auxiliary heads in model.auxiliary."
            )
        *earlier, _ = built.stage_channels
        if not earlier:
            raise ValueError(
                f"DeepSupervision got {type(built).__name__} of a single stage as base, expected two or more; use "
                "it without DeepSupervision, or check model.backbone.out_indices."
            )
        count = len(built.stage_channels)
        if prune is not None and not 1 <= prune <= count:
            raise ValueError(
                f"DeepSupervision got prune {prune}, expected 1 to {count}, the stages of {type(built).__name__}; "
                "leave it out for the last."
            )
        self.base, self.prune, self.average, self.wants_norm = built, prune, average, built.wants_norm
        classifiers = [nn.Conv2d(channels, num_outputs, 1) for channels in earlier]
        self.classifiers = nn.ModuleList([*classifiers, classifier_of(built, num_outputs)])

    def forward(self, features: Features) -> DensePrediction:
        """Map features to logits of the last stage; in training with those of the stages before."""
        stages = self.base.stages(features.levels, None if self.training else self.prune)
        if not self.training and not self.average:
            return DensePrediction(self.classifiers[len(stages) - 1](stages[-1]), features.size)
        maps = [classify(x) for classify, x in zip(self.classifiers, stages, strict=False)]
        if not self.training:
            return DensePrediction(_mean(maps), features.size)
        *earlier, last = (DensePrediction(each, features.size) for each in maps)
        last.extra = tuple(earlier)
        return last


def _mean(maps: Sequence[Tensor]) -> Tensor:
    """Return the mean of ``(B, K, h_i, w_i)`` maps at the size of the last."""
    return torch.stack([resize(each, like=maps[-1]) for each in maps]).mean(dim=0)

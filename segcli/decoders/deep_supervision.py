"""Deep supervision (Lee et al., 2015), https://arxiv.org/abs/1409.5185: a loss for what a decoder has on its way, too.

Around UNet++ (Zhou et al., 2020), https://arxiv.org/abs/1912.05074, sections III-B and III-C, it trains all of
``X(0, j)``; a pruned model then predicts from an earlier one, and leaves out what only later ones need. Around a U-Net
it trains the map of every block, as nnU-Net does, whose weights are halved with every coarser one.
"""

from collections.abc import Sequence

from torch import nn

from segcli.decoders.base import DecoderFactory, Head, build_decoder
from segcli.decoders.classified import classifier_of
from segcli.decoders.levels import deepest
from segcli.decoders.staged_decoder import StagedDecoder
from segcli.features import Features, FeatureSpec
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

    Raises:
        ValueError: If ``features`` is empty, ``base`` has no stages or a single one, or there is no such stage.
    """

    def __init__(
        self,
        features: Sequence[FeatureSpec],
        num_outputs: int,
        base: DecoderFactory,
        prune: int | None = None,
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
        self.base, self.prune, self.wants_norm = built, prune, built.wants_norm
        classifiers = [nn.Conv2d(channels, num_outputs, 1) for channels in earlier]
        self.classifiers = nn.ModuleList([*classifiers, classifier_of(built, num_outputs)])

    def forward(self, features: Features) -> DensePrediction:
        """Map features to logits of the last stage; in training with those of the stages before."""
        stages = self.base.stages(features.levels, None if self.training else self.prune)
        if not self.training:
            return DensePrediction(self.classifiers[len(stages) - 1](stages[-1]), features.size)
        *earlier, last = (
            DensePrediction(classify(x), features.size) for classify, x in zip(self.classifiers, stages, strict=True)
        )
        last.extra = tuple(earlier)
        return last

"""The model of a run, built once from its parts, and the weights of elsewhere that it starts from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from segcli.backbones.base import Backbone
from segcli.decoders.base import DecoderFactory, build_decoder
from segcli.decoders.of_classes import of_classes
from segcli.inference.start_weights import StartWeights
from segcli.inference.warm_start import WarmStart, warm_start
from segcli.loop.fitted_range import fitted_range, image_dtype
from segcli.sample import DataError
from segcli.segmenter import IMAGE_DTYPE, Segmenter, SegmenterSettings


class ModelBuilder:
    """Build the segmenter of a task, whose decoders need to know the backbone's features.

    Args:
        backbone: Turns the image into features.
        decoders: The decoder, then auxiliary ones.
        classes: Names, in the order of their indices.
        num_outputs: Logits per pixel, K.
        settings: How the segmenter reads images.
        weights: Checkpoint to start from; see :class:`segcli.task.SegmentationTask`.

    Attributes:
        backbone: As given.
        start: Content of ``weights``, where it was read before the model is built.
        warm_start: What was taken of it, once the model is built; None without.
    """

    def __init__(
        self,
        backbone: Backbone,
        decoders: Sequence[DecoderFactory],
        classes: Sequence[str],
        num_outputs: int,
        settings: SegmenterSettings,
        weights: str | None = None,
    ) -> None:
        self.backbone, self._decoders, self._settings = backbone, decoders, settings
        self._classes, self._num_outputs, self._weights = classes, num_outputs, weights
        self._image_dtype: str | None = None
        self.start: StartWeights | None = None
        self.warm_start: WarmStart | None = None

    def fit_to_data(self, trainer: pl.Trainer, trains: bool) -> None:
        """Compute which image values stand for 0 and 1, where that follows from the training split.

        Args:
            trainer: Its datamodule has prepared the splits of the stage.
            trains: Whether the stage is a training, which alone computes it.

        Raises:
            DataError: If images are not what the experiment says of them, or one is at fault.
        """
        self._image_dtype = image_dtype(trainer)
        found = fitted_range(self._settings.value_range, self.backbone.in_channels, trainer, trains)
        self._settings = replace(self._settings, value_range=found)

    def store(self, checkpoint: dict[str, Any]) -> None:
        """Add to a checkpoint what type images have."""
        checkpoint[IMAGE_DTYPE] = self._image_dtype

    def load(self, checkpoint: Mapping[str, Any]) -> None:
        """Refuse images of another type than the model was trained on, whose values mean something else.

        Args:
            checkpoint: Of the model; an old one does not tell.

        Raises:
            DataError: If they are.
        """
        known = checkpoint.get(IMAGE_DTYPE)
        if known is not None and self._image_dtype is not None and known != self._image_dtype:
            raise DataError(
                f"images are of type {self._image_dtype}, and the model was trained on {known}; give it such."
            )

    def build(self) -> Segmenter:
        """Return the segmenter, with its weights.

        Raises:
            CheckpointError: If there are weights to start from of which nothing fits.
        """
        features, count = self.backbone.features, self._num_outputs
        decoder, *auxiliary = (build_decoder(each, features, count) for each in self._decoders)
        segmenter = Segmenter(self.backbone, decoder, count, self._settings, auxiliary)
        if start := self.start or (StartWeights.read(Path(self._weights)) if self._weights else None):
            bound = of_classes(self._decoders, features, count)
            self.warm_start, self.start = warm_start(segmenter, self._classes, start, bound), None
        return segmenter

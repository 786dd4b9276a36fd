"""The whole network: normalise, backbone, decoder or head, resize. Plain PyTorch, needs no Lightning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
import torch
from jsonargparse import ArgumentParser
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.backbones.base import Backbone
from segcli.config.component import arguments_of, with_arguments
from segcli.datasets.image_file import CHANNELS, ImageMode, pixels_of
from segcli.datasets.record_image import NATIVE, read_record_image
from segcli.decoders.base import Decoder, DecoderFactory, Head, build_decoder
from segcli.decoders.classified import as_head, classifier_of
from segcli.features import Features
from segcli.inference.checkpoint import experiment_in, load_checkpoint, read_environment, without_pretraining
from segcli.inference.decision import decide
from segcli.inference.inference_settings import InferenceSettings
from segcli.layers.gradient_format import keep_gradient_format
from segcli.prediction import DensePrediction, Prediction
from segcli.task_kind import KINDS, TaskName
from segcli.value_range import EIGHT_BITS, ValueRange, ranges_of

IMAGE_DTYPE = "image_dtype"
"""Key of a checkpoint: the type of the images that the model was trained on."""


@dataclass(frozen=True)
class SegmenterSettings:
    """What of an experiment's ``model`` the network takes beside its parts.

    Attributes:
        task: What the logits mean.
        mean: Per channel, of values scaled to 0..1; None takes what the backbone was trained with.
        std: Per channel, of values scaled to 0..1; None takes what the backbone was trained with.
        value_range: Image values that stand for 0 and 1, of all channels or of each; ``percentiles`` are those that a
            checkpoint holds.
        channels_last: Whether to compute in NHWC memory, faster on most devices.
    """

    task: TaskName = "multiclass"
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None
    value_range: ValueRange = EIGHT_BITS
    channels_last: bool = True

    @classmethod
    def of(cls, model: Mapping[str, Any]) -> "SegmenterSettings":
        """Return those that an experiment's ``model`` has."""
        return cls(**{each.name: model[each.name] for each in fields(cls) if each.name in model})


class Segmenter(nn.Module):
    """Map an image in its raw value range to logits of exactly its size.

    Args:
        backbone: Turns the normalised image into features.
        decoder: Turns the features into one map, or, a head, into a prediction; built for this backbone's features.
        num_outputs: Logits per pixel, ``K``; 1 for the binary task.
        settings: How images are read, and what the logits mean; None for the defaults.
        auxiliary: Further decoders on the same features, which predict in training only.

    Raises:
        ValueError: If ``mean``, ``std`` or ``value_range`` cannot be used, or blocks of the backbone are left to a
            decoder that does not run them.
    """

    classes: tuple[str, ...] = ()
    thresholds: tuple[float, ...] | None = None
    image_mode: ImageMode | None = None
    image_dtype: str | None = None
    scale: Tensor
    shift: Tensor

    def __init__(
        self,
        backbone: Backbone,
        decoder: Decoder | Head,
        num_outputs: int,
        settings: SegmenterSettings | None = None,
        auxiliary: Sequence[Decoder | Head] = (),
    ) -> None:
        super().__init__()
        settings = settings or SegmenterSettings()
        self.kind, self.num_outputs = KINDS[settings.task], num_outputs
        self.backbone, self.decoder = backbone, decoder
        require_tail_is_run(backbone, decoder)
        if decoder.wants_norm:
            backbone.use_final_norm()
        if isinstance(decoder, Decoder):
            self.classifier = classifier_of(decoder, num_outputs)
        self.auxiliary = nn.ModuleList(as_head(each, num_outputs) for each in auxiliary)
        ranges = ranges_of(settings.value_range, backbone.in_channels)
        mean = self._per_channel("mean", settings.mean, backbone.mean)
        std = self._per_channel("std", settings.std, backbone.std)
        if min(std) <= 0:
            raise ValueError(f"model.std got {list(std)}, expected values above 0")
        # ((x - low) / (high - low) - mean) / std as one multiplication and one addition
        scale = [1 / ((high - low) * s) for (low, high), s in zip(ranges, std, strict=True)]
        shift = [-(low / (high - low) + m) / s for (low, high), m, s in zip(ranges, mean, std, strict=True)]
        self.register_buffer("scale", torch.tensor(scale).view(1, -1, 1, 1))
        self.register_buffer("shift", torch.tensor(shift).view(1, -1, 1, 1))
        self.memory_format = torch.channels_last if settings.channels_last else torch.contiguous_format
        self.to(memory_format=self.memory_format)
        keep_gradient_format(self)

    def _per_channel(self, name: str, given: Sequence[float] | None, pretrained: Sequence[float]) -> Sequence[float]:
        channels = self.backbone.in_channels
        values = pretrained if given is None else given
        if len(values) != channels:
            raise ValueError(
                f"model.{name} got {len(values)} values, expected one for each of {channels} channels "
                "(model.backbone.in_channels)"
            )
        return values

    @overload
    def forward(self, image: Tensor, whole: Literal[False] = False) -> Tensor: ...

    @overload
    def forward(self, image: Tensor, whole: Literal[True]) -> Prediction: ...

    def forward(self, image: Tensor, whole: bool = False) -> Tensor | Prediction:
        """Map a ``(B, C, H, W)`` image of any number type to ``(B, K, H, W)`` float32 logits.

        Args:
            image: In its raw value range.
            whole: Whether to return the prediction that the logits follow from, with all that a loss may ask for.

        Raises:
            ValueError: If the image has other channels than the backbone takes.
        """
        features = self.extract(image)
        prediction = self.decode(features)
        if self.training and len(self.auxiliary):
            others = [head(features) for head in self.auxiliary]
            prediction.extra += tuple(each for other in others for each in (*other.extra, other))
        height, width = image.shape[-2:]
        return prediction if whole else prediction.logits((height, width))

    def decode(self, features: Features) -> Prediction:
        """Map what the backbone makes of images to the prediction of the decoder."""
        if isinstance(self.decoder, Decoder):
            return DensePrediction(self.classifier(self.decoder(features.levels)), features.size)
        return self.decoder(features)

    def normalise(self, image: Tensor) -> Tensor:
        """Map ``(B, C, H, W)`` images of any number type and their value range to what the backbone was trained on.

        Raises:
            ValueError: If the image has other channels than the backbone takes.
        """
        if image.shape[1] != self.backbone.in_channels:
            raise ValueError(
                f"an image has {image.shape[1]} channels, the backbone takes {self.backbone.in_channels}; "
                "make model.backbone.in_channels and data.image_mode agree"
            )
        x = image.contiguous(memory_format=self.memory_format).to(self.scale.dtype)
        return torch.addcmul(self.shift, x, self.scale)

    def extract(self, image: Tensor) -> Features:
        """Map ``(B, C, H, W)`` images in their raw value range to what the backbone makes of them, filled up.

        Raises:
            ValueError: If they have other channels than the backbone takes, or a size that it does not take.
        """
        height, width = image.shape[-2:]
        x = self.normalise(image)
        multiple = self.backbone.size_multiple
        # with the mean colour, which is 0 by now; torch 2.15 cannot compile -width % multiple for sizes that vary
        right, below = (multiple - width % multiple) % multiple, (multiple - height % multiple) % multiple
        x = F.pad(x, (0, right, 0, below))
        only = self.backbone.image_size
        if only is not None:  # images less than a multiple smaller pass, others are refused as they are
            is_smaller = 0 <= x.shape[-2] - only[0] < multiple and 0 <= x.shape[-1] - only[1] < multiple
            fits = is_smaller and height <= only[0] and width <= only[1]
            x = x[..., : only[0], : only[1]] if fits else x[..., :height, :width]
        return self.backbone.extract(x)

    @torch.no_grad()
    def predict(self, image: NDArray[Any] | Image.Image | str | Path | Sequence[str | Path]) -> NDArray[np.uint8]:
        """Map an image of any size to ``(H, W)`` class indices; with several labels per pixel, to ``(K, H, W)`` masks.

        Thresholds of the experiment decide; its tiles, views and clean regions are those of ``segcli predict``.

        Args:
            image: An ``(H, W, C)`` or grey ``(H, W)`` array, a PIL image or a file; these are converted to the channels
                that the model takes, and turned upright, as in training. Or the files of its channels in their order.

        Raises:
            segcli.sample.DataError: If a file or a PIL image is none that training would take.
            ValueError: If an array has other channels than the model takes, or, where images are ``native``, another
                type.
        """
        pixels = image if isinstance(image, np.ndarray) else self._pixels(image)
        if self.image_mode == NATIVE and self.image_dtype not in (None, pixels.dtype.name):
            raise ValueError(f"an image has type {pixels.dtype}, the model was trained on {self.image_dtype}")
        channels_first = torch.from_numpy(np.ascontiguousarray(np.atleast_3d(pixels))).permute(2, 0, 1)
        was_training = self.training
        self.eval()
        try:
            labels = self.decide(self(channels_first[None].to(self.scale.device)))
        finally:
            self.train(was_training)
        return labels[0].cpu().numpy()

    def decide(self, logits: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits to labels: by the thresholds of the experiment, where it has some.

        Returns:
            ``(B, H, W)`` uint8 class indices; of several labels per pixel ``(B, K, H, W)`` of 0 and 1.
        """
        if self.thresholds is None:
            return self.kind.predict(logits)
        return decide(self.kind.probabilities(logits), self.kind.multilabel, self.thresholds)

    @property
    def reads_as(self) -> ImageMode:
        """How files are read: as in training, or, where that is not known, by the channels that the model takes."""
        channels = {number: mode for mode, number in CHANNELS.items()}
        return self.image_mode or channels.get(self.backbone.in_channels, NATIVE)

    def _pixels(self, image: Image.Image | str | Path | Sequence[str | Path]) -> NDArray[Any]:
        mode = self.reads_as
        if not isinstance(image, Image.Image):
            files = [image] if isinstance(image, str | Path) else image
            return read_record_image([Path(file) for file in files], mode)
        if mode == NATIVE:
            channels = self.backbone.in_channels
            raise ValueError(f"the model takes {channels} channels as files hold them; give it a file or an array")
        return pixels_of(image, mode)

    @classmethod
    def from_checkpoint(cls, path: str | Path) -> "Segmenter":
        """Build the model that a run's checkpoint holds, on the CPU and in evaluation mode; ``classes`` are its names.

        Raises:
            segcli.inference.checkpoint.CheckpointError: If the file is no checkpoint of segcli.
        """
        content = load_checkpoint(Path(path))
        config, classes = experiment_in(content)
        model, backbone = config["model"], config["model"]["backbone"]
        backbone = with_arguments(backbone, without_pretraining(arguments_of(backbone)))
        model = {"backbone": backbone, "decoder": model["decoder"], **vars(SegmenterSettings.of(model))}
        model = read_environment(model, config, "model", Path(path))
        parser = ArgumentParser(exit_on_error=False)
        parser.add_argument("--backbone", type=Backbone)
        parser.add_argument("--decoder", type=DecoderFactory)
        parts = parser.instantiate(parser.parse_object({"backbone": model["backbone"], "decoder": model["decoder"]}))
        num_outputs = KINDS[model["task"]].num_outputs(len(classes))
        segmenter = cls(
            parts.backbone,
            build_decoder(parts.decoder, parts.backbone.features, num_outputs),
            num_outputs,
            SegmenterSettings.of(model),
        )
        prefix, training_only = "segmenter.", "segmenter.auxiliary."
        state = {k: v for k, v in content["state_dict"].items() if not k.startswith(training_only)}
        segmenter.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
        segmenter.classes, segmenter.image_mode = classes, arguments_of(config["data"]).get("image_mode")
        segmenter.image_dtype = content.get(IMAGE_DTYPE)
        settings = InferenceSettings(**(config.get("inference") or {}))
        segmenter.thresholds = settings.thresholds(segmenter.kind.name, classes)
        return segmenter.eval()


def require_tail_is_run(backbone: Backbone, decoder: Decoder | Head) -> None:
    """See that no block of a backbone is left to a decoder that does not run it.

    Raises:
        ValueError: If one is.
    """
    if backbone.tail_blocks and not (isinstance(decoder, Head) and decoder.runs_tail):
        raise ValueError(
            f"model.backbone.tail_blocks got {backbone.tail_blocks}, but the decoder does not run blocks of the "
            "backbone, which would be left out; set it to null, or choose a head that runs them, such as EoMT."
        )

"""Any model of timm as a backbone, https://github.com/huggingface/pytorch-image-models.

Features come from ``forward_intermediates``, which is channels-first for every family of models.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.backbones.base import Backbone
from segcli.backbones.gradient_checkpointing import StatisticsOnce, check_saves, switch_on
from segcli.backbones.plain_transformer import levels_of
from segcli.backbones.timm_model import ARGUMENTS, create
from segcli.backbones.timm_outline import Outline
from segcli.backbones.timm_sizes import built_for, intermediates, size_remedy
from segcli.backbones.timm_tail import run_trunk
from segcli.backbones.timm_weights import load_weights
from segcli.features import Features, Tail


class TimmBackbone(Backbone):
    """Take the features of a timm model: a pyramid, or levels of equal stride from a plain transformer.

    Args:
        name: Model as in ``timm.list_models()``; a tag chooses among its weights: ``resnet50.a1_in1k``.
        pretrained: Whether to take timm's weights for the model; they are downloaded once and cached.
        weights: File of weights under timm's names, ``.safetensors``, ``.pth`` or ``.pt``, instead of a download.
        in_channels: Channels of the image; weights for three channels are adapted as timm does it.
        out_indices: Feature levels to return, finest first, counted from 0; negative ones count from the deepest.
            By default all of a pyramid, and of a plain transformer 4 blocks, evenly spread, the last included; with
            ``tail_blocks`` the last one before them.
        output_stride: Largest stride, 8 or 16, by dilated convolutions in place of strides; by default the model's
            own.
        drop_path_rate: Share of residual branches dropped in training at the deepest block, 0 to below 1; 0 leaves the
            model's own setting.
        frozen: Whether weights get no gradient and layers stay in evaluation mode, statistics of norms included.
        gradient_checkpointing: Whether blocks run again in the backward pass instead of keeping their activations: less
            memory, a third more time. Running statistics of batch norms count every batch once.
        normalise: Whether each level of a plain transformer passes the norm after its last block; null does so where
            the decoder wants it, as heads of DINOv2 and DINOv3 do.
        tail_blocks: Last blocks of a plain transformer that are left to the decoder, for one that runs them with tokens
            of its own (EoMT).
        backbone_kwargs: Further arguments of the model's constructor in timm, such as ``img_size``.

    Attributes:
        name: As given.
        indices: Levels that are taken, finest first, counted from 0.
        num_prefix: Tokens (class, registers) that come with each level of a transformer, ``P``.

    Raises:
        ValueError: If there is no such model, it does not take an argument, weights do not fit, or it does not offer
            gradient checkpointing, a final norm or a tail.
        OSError: If weights cannot be downloaded or read.
    """

    def __init__(
        self,
        name: str = "resnet50",
        pretrained: bool = True,
        weights: str | None = None,
        in_channels: int = 3,
        out_indices: list[int] | None = None,
        output_stride: int | None = None,
        drop_path_rate: float = 0.0,
        frozen: bool = False,
        gradient_checkpointing: bool = False,
        normalise: bool | None = None,
        tail_blocks: int | None = None,
        backbone_kwargs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        _check_ranges(in_channels, drop_path_rate)
        options = _others(backbone_kwargs or {}) | {"in_chans": in_channels}
        options |= {"output_stride": output_stride} if output_stride is not None else {}
        options |= {"drop_path_rate": drop_path_rate} if drop_path_rate else {}
        self.name = name
        outline = Outline.of(name, options, out_indices, tail_blocks or 0)
        if normalise and not outline.norm:
            raise ValueError(
                f"TimmBackbone got normalise true for {name}, expected a plain transformer with a norm after its last "
                "block; remove model.backbone.normalise."
            )
        taken, options, config = outline.taken, dict(outline.options), outline.config
        self.indices, self.features, self.in_channels = taken.indices, tuple(taken.levels), in_channels
        self.mean, self.std = _per_channel(config["mean"], in_channels), _per_channel(config["std"], in_channels)
        self.size_multiple, self.image_size = outline.sizes
        self._built_for = partial(built_for, taken, options)
        self._size_remedy = partial(size_remedy, taken, options, pretrained or weights is not None)
        self.model = create(name, pretrained and weights is None, options, config)
        self._weights, self._lacking = weights, list[str]()
        if weights is not None:
            needed, welcome = outline.weights, outline.norm_weights
            self._lacking = load_weights(self.model, Path(weights), in_channels, needed, welcome)
        self._final_norm = [getattr(self.model, outline.norm)] if outline.norm else []  # in a list: not a part as yet
        taken.prune(self.model)
        self._normalise, self.tail_blocks, self._frozen = normalise, tail_blocks or 0, frozen
        self.num_prefix = outline.num_prefix
        if normalise or tail_blocks:
            self._keep_final_norm()
        self.gradient_checkpointing = gradient_checkpointing
        self._statistics = self._checkpointing(outline.copy()) if gradient_checkpointing else None
        if frozen:
            self.requires_grad_(False).eval()

    def _checkpointing(self, hollow: nn.Module) -> StatisticsOnce:
        """Switch gradient checkpointing on, if it saves memory in a copy of the model."""
        size = self.image_size or (2 * self.size_multiple, 2 * self.size_multiple)
        image = torch.zeros(2, self.in_channels, *size, device=next(hollow.parameters()).device)
        check_saves(hollow, self.name, run=lambda: intermediates(hollow, image, self.indices))
        switch_on(self.model, self.name)
        return StatisticsOnce(self.model)

    @property
    def weights_note(self) -> str:
        """A line on weights of the final norm that levels pass and the file lacks; empty if there are none."""
        if not self._lacking or all(norm is not self.model.norm for norm in self._final_norm):
            return ""
        names = ", ".join(self._lacking)
        return f"note: model.backbone.weights: {self._weights} lacks {names}, which start as those of a new model"

    def use_final_norm(self) -> None:
        """Let each level pass the norm after the last block of a plain transformer, unless ``normalise`` says no."""
        if self._normalise is None and self._final_norm:
            self._normalise = True
            self._keep_final_norm()

    def _keep_final_norm(self) -> None:
        for norm in self._final_norm:
            self.model.norm = norm.requires_grad_(not self._frozen)

    def train(self, mode: bool = True) -> Self:
        """Switch to training or evaluation mode; a frozen backbone stays in evaluation mode."""
        return super().train(mode and not self._frozen)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Map a normalised ``(B, C, H, W)`` image to ``(B, C_i, H/s_i, W/s_i)`` levels, finest first.

        Raises:
            ValueError: If the model takes images of one size only, and this has another.
        """
        return self.extract(image).levels

    def extract(self, image: Tensor) -> Features:
        """Map a normalised ``(B, C, H, W)`` image to its levels, prefix tokens of each, and what is left to the head.

        Raises:
            ValueError: If the model takes images of one size only, and this has another.
        """
        height, width = image.shape[-2:]
        if self.image_size is None:
            levels, prefix, tail = self._run(image)
            return Features(levels, image, (height, width), prefix, tail)
        if self.image_size != (height, width):
            raise ValueError(
                f"TimmBackbone got an image of {height}x{width} pixels, expected "
                f"{self.image_size[0]}x{self.image_size[1]}, since {self.name} is built for one size only; "
                f"{self._size_remedy((height, width), self.image_size)}."
            )
        multiple = self.size_multiple
        size = -(-height // multiple) * multiple, -(-width // multiple) * multiple
        levels, prefix, tail = self._run(image)
        padded = [_padded(x, size, spec.stride) for x, spec in zip(levels, self.features, strict=True)]
        return Features(padded, image, size, prefix, tail)

    def padding_remedy(self, size: tuple[int, int]) -> str:
        """Return how to avoid padding to ``size_multiple``, tried out for a size in pixels; empty if nothing helps."""
        stride = max(spec.stride for spec in self.features)
        height, width = (-(-side // stride) * stride for side in size)
        if self._built_for((height, width)) is None:
            return ""
        return f"; model.backbone.backbone_kwargs {{img_size: [{height}, {width}]}} avoids that"

    def _run(self, image: Tensor) -> tuple[list[Tensor], list[Tensor] | None, Tail | None]:
        with self._statistics.first_run() if self._statistics is not None else nullcontext():
            if not self.tail_blocks:
                norm, prefix = bool(self._normalise), bool(self.num_prefix)
                return *levels_of(self.model, image, self.indices, norm, prefix), None
            after, tail = run_trunk(self.model, image, self.tail_blocks)
        chosen = [after[i] for i in self.indices]
        parts = [tail.split(self.model.norm(x) if self._normalise else x) for x in chosen]  # type: ignore[operator]
        return [x.patches.contiguous() for x in parts], [x.prefix for x in parts] if self.num_prefix else None, tail


def _padded(level: Tensor, size: tuple[int, int], stride: int) -> Tensor:
    """Add zeros below and to the right, so that a level is as large as one of an image of ``size``."""
    height, width = level.shape[-2:]
    return F.pad(level, (0, size[1] // stride - width, 0, size[0] // stride - height))


def _check_ranges(in_channels: int, drop_path_rate: float) -> None:
    if in_channels < 1:
        raise ValueError(
            f"TimmBackbone got in_channels {in_channels}, expected at least 1; set it to those of the images."
        )
    if not 0 <= drop_path_rate < 1:
        raise ValueError(
            f"TimmBackbone got drop_path_rate {drop_path_rate}, expected 0 to below 1; 0 leaves the model's own."
        )


def _others(backbone_kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return a copy, if it holds nothing that has an argument of its own."""
    for key, argument in ARGUMENTS.items():
        if key in backbone_kwargs:
            raise ValueError(
                f"TimmBackbone got {key} in backbone_kwargs, expected arguments without a name of their own; "
                f"set model.backbone.{argument}."
            )
    return dict(backbone_kwargs)


def _per_channel(values: Sequence[float], channels: int) -> tuple[float, ...]:
    """Fit statistics to the number of channels as timm does the first convolution: one mean, or over and over."""
    if channels == 1:
        return (sum(values) / len(values),)
    return tuple(values[i % len(values)] for i in range(channels))

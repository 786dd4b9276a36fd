"""What a model of timm is as a backbone, found out without its weights, on the device ``meta`` where that goes."""

import warnings
from dataclasses import dataclass
from typing import Any

import torch

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.optim.backbone_layers import backbone_layers, parts_of

_OUTPUT_STRIDES = (8, 16)


@dataclass(frozen=True)
class Level:
    """A level of features, as taken by default.

    Attributes:
        index: Its number among all levels, as in ``out_indices``.
        stride: Input pixels per pixel.
        channels: Channels.
    """

    index: int
    stride: int
    channels: int


@dataclass(frozen=True)
class Stage:
    """A stage, as ``model.freezing`` counts them.

    Attributes:
        parts: Modules of the model.
        parameters: How many it has.
    """

    parts: tuple[str, ...]
    parameters: int


@dataclass(frozen=True)
class BackboneFacts:
    """One model.

    Attributes:
        model: Its class.
        parameters: How many it has without what its levels do not need, such as the classifier.
        levels: Those that are taken by default.
        stages: From the image up; none if timm does not tell them.
        size_multiple: What images are padded to a multiple of, in pixels.
        image_size: The one height and width that it takes; None where it takes any.
        takes_img_size: Whether it can be built for another size, by ``backbone_kwargs: {img_size: [H, W]}``.
        output_strides: Values of ``output_stride`` that it can have in place of its own.
        prefix_tokens: Tokens per level that are of no place.
        has_final_norm: Whether ``normalise`` is offered.
        has_tail: Whether ``tail_blocks`` is offered.
    """

    model: str
    parameters: int
    levels: tuple[Level, ...]
    stages: tuple[Stage, ...]
    size_multiple: int
    image_size: tuple[int, int] | None
    takes_img_size: bool
    output_strides: tuple[int, ...]
    prefix_tokens: int
    has_final_norm: bool
    has_tail: bool


def backbone_facts(name: str) -> BackboneFacts:
    """Find out what a model of timm is.

    Raises:
        ValueError: If it cannot be a backbone; the message says why, and what to do.
    """
    backbone = _build(name)
    stages = backbone_layers(backbone, coarse=True)
    only, own = backbone.image_size, max(spec.stride for spec in backbone.features)
    return BackboneFacts(
        type(backbone.model).__name__,
        sum(parameter.numel() for parameter in backbone.parameters()),
        tuple(Level(i, f.stride, f.channels) for i, f in zip(backbone.indices, backbone.features, strict=True)),
        tuple(Stage(tuple(parts_of(stage)), sum(p.numel() for p in stage.values())) for stage in stages),
        backbone.size_multiple,
        only,
        only is not None and bool(backbone.padding_remedy((2 * only[0], 2 * only[1]))),
        tuple(s for s in _OUTPUT_STRIDES if s != own and _has(name, output_stride=s)),
        backbone.num_prefix,
        _has(name, normalise=True),
        _has(name, tail_blocks=1),
    )


def _has(name: str, **options: Any) -> bool:  # noqa: ANN401  (arguments of the backbone)
    try:
        _build(name, **options)
    except ValueError:
        return False
    return True


def _build(name: str, **options: Any) -> TimmBackbone:  # noqa: ANN401  (the same)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of timm
        try:
            with torch.device("meta"):
                return TimmBackbone(name, pretrained=False, **options)
        except NotImplementedError:  # it looks at values
            return TimmBackbone(name, pretrained=False, **options)

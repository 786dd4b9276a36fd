"""Which decoders go with which kinds of backbones, found out by passing an image of no values through each pair."""

import importlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from segcli.backbones.base import Backbone
from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.base import Decoder, Head, build_decoder
from segcli.decoders.classified import as_head
from segcli.decoders.fpn import FPN
from segcli.registry import names
from segcli.segmenter import require_tail_is_run

KINDS: Mapping[str, Mapping[str, Any]] = {
    "CNN": {"name": "resnet18"},
    "hierarchical transformer": {"name": "swin_tiny_patch4_window7_224"},
    "plain transformer": {"name": "vit_tiny_patch16_224"},
    "plain transformer with tail_blocks": {"name": "vit_tiny_patch16_224", "tail_blocks": 3},
}
"""Arguments of :class:`TimmBackbone` for a model that stands for each kind."""

_SIZE = (64, 96)
_CLASSES = 3
_INJECTED = {"self", "features", "num_outputs"}


@dataclass(frozen=True)
class Combination:
    """A decoder on a kind of backbone.

    Attributes:
        decoder: Short name.
        kind: One of :data:`KINDS`.
        reason: Why it does not work, and what to do; empty if it does.
    """

    decoder: str
    kind: str
    reason: str


def decoder_matrix(decoders: Sequence[str] | None = None) -> list[Combination]:
    """Try decoders with their defaults on all kinds of backbones; around a decoder, they stand around FPN.

    Args:
        decoders: Short names; None for all that are registered.
    """
    chosen = names("decoders") if decoders is None else decoders
    with torch.device("meta"), torch.no_grad():
        found = []
        for kind, arguments in KINDS.items():
            backbone = TimmBackbone(**arguments, pretrained=False).eval()
            found += [Combination(name, kind, _refusal(name, backbone)) for name in chosen]
    return sorted(found, key=lambda one: list(chosen).index(one.decoder))


def default_decoder(name: str, backbone: Backbone, num_outputs: int) -> Decoder | Head:
    """Return a decoder with its defaults; one around a decoder stands around FPN.

    Args:
        name: Short name.
        backbone: Whose features it gets.
        num_outputs: Logits per pixel, K.
    """
    module, _, class_name = names("decoders")[name].partition(":")
    kind = getattr(importlib.import_module(module), class_name)
    parameters = inspect.signature(kind).parameters
    needed = [key for key, each in parameters.items() if each.default is each.empty and key not in _INJECTED]
    return build_decoder(partial(kind, **dict.fromkeys(needed, FPN)), backbone.features, num_outputs)


def _refusal(name: str, backbone: Backbone) -> str:
    try:
        built = default_decoder(name, backbone, _CLASSES)
        require_tail_is_run(backbone, built)
        features = backbone.extract(torch.zeros(1, backbone.in_channels, *_SIZE))
        as_head(built, _CLASSES).eval()(features).logits(_SIZE)
    except (ValueError, RuntimeError) as error:
        return str(error)
    return ""

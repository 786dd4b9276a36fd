"""Weights of segmentation-models-pytorch 0.6, as they are here.

A decoder is taken if every name in it is known, so that one of another kind is not taken in parts. A bias before a
normalisation, which decoders here do without, is taken off its running mean: the same values, in training and later.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from segcli.inference.smp_names import decoder_names

LIBRARY = "segmentation-models-pytorch"
_PARTS = ("encoder.", "decoder.", "segmentation_head.")
_NEVER_READ = re.compile(r"decoder\.fusion_blocks\.0\.residual_conv_block1\.")
"""Of DPT, the unit beside nothing."""
_PSP, _PSP_MAP = "decoder.pool.1.conv.weight", "decoder.pool.0.reduce.0.conv.weight"


class Renamed(NamedTuple):
    """Weights under our names.

    Attributes:
        weights: Those that have a name here.
        unknown: Their names of the others.
    """

    weights: dict[str, Tensor]
    unknown: tuple[str, ...]


def is_of_smp(state: Mapping[str, Tensor]) -> bool:
    """Return whether a state dict is that of one of its models."""
    return all(any(name.startswith(part) for name in state) for part in _PARTS)


def renamed(state: Mapping[str, Tensor], own: Mapping[str, Tensor], decoder: str) -> Renamed:
    """Return the weights of one of its models under the names of a segmenter.

    Args:
        state: Its state dict.
        own: That of the segmenter.
        decoder: Class of the segmenter's decoder.
    """
    encoder = {_of_encoder(name, "backbone."): name for name in own if name.startswith("backbone.")}
    names = decoder_names(decoder, own.keys())
    weights: dict[str, Tensor] = {}
    biases: dict[str, Tensor] = {}
    unknown: list[str] = []
    for name, value in state.items():
        is_encoder = name.startswith("encoder.")
        ours = encoder.get(_of_encoder(name, "encoder."), "") if is_encoder else _of_decoder(name, names)
        if ours in own:
            weights[ours] = _shaped(value, own[ours])
        elif (mean := _mean_after(ours)) in own:
            biases[mean] = value
        else:
            unknown.append(name)
    if any(name.startswith("decoder.") and not _NEVER_READ.match(name) for name in unknown):
        weights = {name: value for name, value in weights.items() if name.startswith("backbone.")}
        return Renamed(weights, tuple(name for name in state if name in unknown or not name.startswith("encoder.")))
    for mean, bias in biases.items():
        weights[mean] = (weights[mean] if mean in weights else own[mean].cpu()) - bias
    if decoder == "PSPNet" and _PSP in weights:  # theirs sees the pooled maps first
        weights[_PSP] = weights[_PSP].roll(own[_PSP_MAP].shape[1], dims=1)
    return Renamed(weights, tuple(unknown))


def _of_encoder(name: str, part: str) -> str:
    """Return what both sides call a weight of timm: wrappers of its models have dots, or underscores for some."""
    return name.removeprefix(part).removeprefix("model.").replace(".", "_")


def _of_decoder(name: str, names: Mapping[str, str]) -> str:
    for pattern, ours in names.items():
        if match := re.match(pattern, name):
            return match.expand(ours) + name[match.end() :]
    return ""


def _mean_after(name: str) -> str:
    """Return the name of the running mean behind a convolution with this bias."""
    return re.sub(r"conv\.bias$", "norm.running_mean", re.sub(r"\.0\.bias$", ".1.running_mean", name))


def _shaped(value: Tensor, own: Tensor) -> Tensor:
    """Return a matrix as a kernel of one pixel, where there is one."""
    return value[..., None, None] if value.ndim == 2 and own.ndim == 4 else value

"""Which weights belong to the classes: those that are others where there are more classes."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from segcli.decoders.base import Decoder, build_decoder
from segcli.decoders.classified import as_head, classifier_of
from segcli.features import FeatureSpec

Form = dict[str, torch.Size]


def of_classes(
    factories: Sequence[Callable[..., Any]], features: Sequence[FeatureSpec], num_outputs: int
) -> frozenset[str]:
    """Return the names of the weights of a segmenter whose shape follows from its classes, or that are there for some.

    All are built again for one output more and for two, without memory; so a head needs to declare nothing.

    Args:
        factories: The decoder, then auxiliary ones.
        features: Levels of the backbone, finest first.
        num_outputs: Logits per pixel, ``K``.
    """
    own, *others = (_form(factories, features, count) for count in range(num_outputs, num_outputs + 3))
    return frozenset(name for name, shape in own.items() if any(other.get(name) != shape for other in others))


def _form(factories: Sequence[Callable[..., Any]], features: Sequence[FeatureSpec], num_outputs: int) -> Form:
    """Return names and shapes of what stands on the backbone; the random numbers of the run are left alone."""
    with torch.random.fork_rng(devices=[]):
        try:
            return _built_form("meta", factories, features, num_outputs)
        except Exception:  # a part needs values
            return _built_form("cpu", factories, features, num_outputs)


def _built_form(
    device: str, factories: Sequence[Callable[..., Any]], features: Sequence[FeatureSpec], num_outputs: int
) -> Form:
    with torch.device(device):
        decoder, *others = (build_decoder(factory, features, num_outputs) for factory in factories)
        auxiliary = nn.ModuleList(as_head(each, num_outputs) for each in others)
        parts = nn.ModuleDict({"decoder": decoder, "auxiliary": auxiliary})
        if isinstance(decoder, Decoder):
            parts["classifier"] = classifier_of(decoder, num_outputs)
    return {name: value.shape for name, value in parts.state_dict().items()}

"""Layers and stages of a backbone, as the group matcher of its model in timm has them."""

import re
from collections.abc import Iterable

from timm.models import group_parameters
from torch import nn

_PART = re.compile(r"[^.]*\d(?=\.)|[^.]+(\.\d+)?")
"""The module of a parameter that a stage goes by: ``layer1``, ``blocks.0``, ``stem``."""
_FINAL_NORM = "norm."
"""Of a plain transformer; it counts with the last block, so that layers are the same with and without it."""


def layers_refusal(backbone: nn.Module) -> str:
    """Say why there are no layers of a backbone."""
    name = getattr(backbone, "name", type(backbone).__name__)
    return f"{name}, which does not tell its layers (timm has no group_matcher for it)"


def backbone_layers(backbone: nn.Module, coarse: bool = False) -> list[dict[str, nn.Parameter]]:
    """Return the parameters of each layer by name, from the image up; none of a backbone without a model of timm.

    Args:
        backbone: A model of timm, or a module that holds one; what it has beside that model counts with the last layer.
        coarse: Whether to return stages, the stem first; of a plain transformer they are its blocks.
    """
    for prefix, module in backbone.named_modules():
        if callable(matcher := getattr(module, "group_matcher", None)):
            inside = {f"{prefix}.{name}".lstrip("."): name for name, _ in module.named_parameters()}
            groups = group_parameters(module, matcher(coarse=coarse), reverse=True)
            top = max(groups.values())
            layers: list[dict[str, nn.Parameter]] = [{} for _ in range(top + 1)]
            for name, parameter in backbone.named_parameters():
                layers[groups[inside[name]] if name in inside else top][name] = parameter
            if top and all(inside.get(name, "").startswith(_FINAL_NORM) for name in layers[top]):
                layers[top - 1] |= layers.pop()
            return layers
    return []


def parts_of(stage: Iterable[str]) -> list[str]:
    """Return the modules that a stage is made of, by the names of its parameters: ``conv1``, ``bn1``."""
    names = (_PART.match(name.removeprefix("model.")) for name in stage)
    return list(dict.fromkeys(name.group() for name in names if name))

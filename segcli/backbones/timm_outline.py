"""What a model of timm says of itself, found out on a copy without memory, and once per process.

A training builds its model twice, to count what it costs and for good; a deep one takes seconds to be tried out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from segcli.backbones.timm_model import create, prune, sketch
from segcli.backbones.timm_sizes import NeedsValuesError, Size, Sizes, Taken, sizes
from segcli.features import FeatureSpec

_PLAIN_LEVELS = 4
_FOUND: "dict[str, Outline]" = {}


@dataclass(frozen=True)
class Outline:
    """What is known of a model before it is built.

    Attributes:
        taken: What is taken of it.
        options: Arguments to build it with, in timm's names.
        config: What timm notes of its weights: ``mean``, ``std``, ``input_size`` and more.
        sizes: Sizes of image that it takes.
        weights: Names of the weights that are needed for what is taken.
        needs_values: Whether it cannot be tried without memory.
    """

    taken: Taken
    options: Mapping[str, Any]
    config: Mapping[str, Any]
    sizes: Sizes
    weights: frozenset[str]
    needs_values: bool

    @classmethod
    def of(cls, name: str, options: dict[str, Any], out_indices: Sequence[int] | None) -> "Outline":
        """Find out what a model says of itself, or remember it.

        Args:
            name: Model, with or without a tag.
            options: Arguments of the constructor, in timm's names.
            out_indices: Levels to take, finest first; None for the default.

        Raises:
            ValueError: If there is no such model or level, it does not take an argument, or it gives no features.
            OSError: If its description is neither on disk nor to be downloaded.
        """
        key = _key(name, options, out_indices)
        if key in _FOUND:
            return _FOUND[key]
        found = _found_out(name, options, out_indices)
        if key and not found.needs_values:  # else building it takes random numbers, which are to be the same each time
            _FOUND[key] = found
        return found

    def copy(self) -> nn.Module:
        """Return a copy of what is taken of the model, in evaluation mode; without memory unless it needs values."""
        name, options = self.taken.name, dict(self.options)
        model = create(name, False, options, self.config).eval() if self.needs_values else sketch(name, options).model
        prune(model, self.taken.indices)
        return model


def _key(name: str, options: Mapping[str, Any], out_indices: Sequence[int] | None) -> str:
    """Return a text that is one model's; empty where its description may change, or cannot be compared."""
    if ":" in name:  # hf-hub:owner/model, local-dir:folder
        return ""
    try:
        return json.dumps([name, options, out_indices], sort_keys=True)
    except TypeError:
        return ""


def _found_out(name: str, options: dict[str, Any], out_indices: Sequence[int] | None) -> Outline:
    model, options, known, config = sketch(name, options)
    indices = _level_indices(known, out_indices)
    taken = Taken(name, indices, tuple(known[i] for i in indices), options["in_chans"])
    nominal, needs_values = _pair(options.get("img_size") or config["input_size"][-2:]), False
    prune(model, indices)
    try:
        found = sizes(model, taken, nominal)
    except NeedsValuesError:
        model, needs_values = create(name, False, options, config).eval(), True
        prune(model, indices)
        found = sizes(model, taken, nominal)
    return Outline(taken, options, config, found, frozenset(model.state_dict()), needs_values)


def _pair(size: int | Sequence[int]) -> Size:
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def _level_indices(levels: Sequence[FeatureSpec], out_indices: Sequence[int] | None) -> list[int]:
    """Return which levels to take, counted from 0, finest first."""
    count = len(levels)
    if out_indices is None:
        plain = count > _PLAIN_LEVELS and levels[0].stride == levels[-1].stride
        return [count * i // _PLAIN_LEVELS - 1 for i in range(1, _PLAIN_LEVELS + 1)] if plain else list(range(count))
    indices = [i + count if i < 0 else i for i in out_indices]
    if not indices or indices != sorted(set(indices)) or indices[0] < 0 or indices[-1] >= count:
        raise ValueError(
            f"TimmBackbone got out_indices {list(out_indices)}, expected rising numbers from 0 to {count - 1} "
            f"(strides {', '.join(str(f.stride) for f in levels)}); leave them out for the default."
        )
    return indices

"""What a model of timm says of itself, found out on a copy without memory, and once per process.

A training builds its model twice, to count what it costs and for good; a deep one takes seconds to be tried out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from segcli.backbones.plain_transformer import final_norm, is_plain, num_prefix
from segcli.backbones.timm_model import create, sketch
from segcli.backbones.timm_sizes import NeedsValuesError, Size, Sizes, Taken, sizes
from segcli.backbones.timm_tail import require_tail
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
        norm_weights: Names of those of the norm after its last block, where levels may pass it.
        norm: The name of that norm; empty where there is none, or levels have strides of their own.
        num_prefix: Tokens that are of no place, with each level.
        needs_values: Whether it cannot be tried without memory.
    """

    taken: Taken
    options: Mapping[str, Any]
    config: Mapping[str, Any]
    sizes: Sizes
    weights: frozenset[str]
    norm_weights: frozenset[str]
    norm: str
    num_prefix: int
    needs_values: bool

    @classmethod
    def of(
        cls, name: str, options: dict[str, Any], out_indices: Sequence[int] | None, tail_blocks: int = 0
    ) -> "Outline":
        """Find out what a model says of itself, or remember it.

        Args:
            name: Model, with or without a tag.
            options: Arguments of the constructor, in timm's names.
            out_indices: Levels to take, finest first; None for the default.
            tail_blocks: Blocks of a plain transformer that are left to a head.

        Raises:
            ValueError: If there is no such model or level, it does not take an argument, gives no features, or has no
                blocks that could be left.
            OSError: If its description is neither on disk nor to be downloaded.
        """
        key = _key(name, options, out_indices, tail_blocks)
        if key in _FOUND:
            return _FOUND[key]
        found = _found_out(name, options, out_indices, tail_blocks)
        if key and not found.needs_values:  # else building it takes random numbers, which are to be the same each time
            _FOUND[key] = found
        return found

    def copy(self) -> nn.Module:
        """Return a copy of what is taken of the model, in evaluation mode; without memory unless it needs values."""
        name, options = self.taken.name, dict(self.options)
        model = create(name, False, options, self.config).eval() if self.needs_values else sketch(name, options).model
        self.taken.prune(model)
        return model


def _key(name: str, options: Mapping[str, Any], out_indices: Sequence[int] | None, tail_blocks: int) -> str:
    """Return a text that is one model's; empty where its description may change, or cannot be compared."""
    if ":" in name:  # hf-hub:owner/model, local-dir:folder
        return ""
    try:
        return json.dumps([name, options, out_indices, tail_blocks], sort_keys=True)
    except TypeError:
        return ""


def _found_out(name: str, options: dict[str, Any], out_indices: Sequence[int] | None, tail_blocks: int) -> Outline:
    model, options, known, config = sketch(name, options)
    if tail_blocks:
        require_tail(model, name, tail_blocks)
    indices = _level_indices(known, out_indices, tail_blocks)
    last = len(known) - 1 if tail_blocks else 0
    taken = Taken(name, indices, tuple(known[i] for i in indices), options["in_chans"], last)
    nominal, needs_values = _pair(options.get("img_size") or config["input_size"][-2:]), False
    norm = final_norm(model) if is_plain(known) else ""
    norm_weights = frozenset(key for key in model.state_dict() if norm and key.startswith(f"{norm}."))
    taken.prune(model)
    try:
        found = sizes(model, taken, nominal)
    except NeedsValuesError:
        model, needs_values = create(name, False, options, config).eval(), True
        taken.prune(model)
        found = sizes(model, taken, nominal)
    weights = frozenset(model.state_dict())
    return Outline(taken, options, config, found, weights, norm_weights, norm, num_prefix(model), needs_values)


def _pair(size: int | Sequence[int]) -> Size:
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def _level_indices(levels: Sequence[FeatureSpec], out_indices: Sequence[int] | None, tail_blocks: int) -> list[int]:
    """Return which levels to take, counted from 0, finest first; of a model with a tail, those before it."""
    count = len(levels) - tail_blocks
    if out_indices is None and tail_blocks:
        return [count - 1]
    if out_indices is None:
        plain = count > _PLAIN_LEVELS and is_plain(levels)
        return [count * i // _PLAIN_LEVELS - 1 for i in range(1, _PLAIN_LEVELS + 1)] if plain else list(range(count))
    indices = [i + count if i < 0 else i for i in out_indices]
    if not indices or indices != sorted(set(indices)) or indices[0] < 0 or indices[-1] >= count:
        raise ValueError(
            f"TimmBackbone got out_indices {list(out_indices)}, expected rising numbers from 0 to {count - 1} "
            f"(strides {', '.join(str(f.stride) for f in levels[:count])}); leave them out for the default."
        )
    return indices

"""Transformers whose levels all have one stride: the norm after their last block, and tokens that are of no place.

The heads of DINOv2 and DINOv3 pass every level that they read through that norm, though the blocks in between were
trained without it.
"""

import inspect
from collections.abc import Sequence

from torch import Tensor, nn

from segcli.features import FeatureSpec


def is_plain(levels: Sequence[FeatureSpec]) -> bool:
    """Return whether levels have one stride, which is what a plain transformer is known by."""
    return len(levels) > 1 and levels[0].stride == levels[-1].stride


def final_norm(model: nn.Module) -> str:
    """Return the name of the norm after the last block, which some models apply to the pooled token only.

    Returns:
        Nothing where a model of timm has none.
    """
    names = ("norm", "fc_norm")
    return next((name for name in names if not isinstance(getattr(model, name, None), nn.Identity | None)), "")


def num_prefix(model: nn.Module) -> int:
    """Return how many tokens that are of no place a model of timm gives with each level, the class token first.

    Returns:
        0 for registers without a class token, which nothing reads.
    """
    gives = "return_prefix_tokens" in inspect.signature(model.forward_intermediates).parameters  # type: ignore[arg-type]
    has_class_token = getattr(model, "cls_token", None) is not None
    return int(model.num_prefix_tokens) if gives and has_class_token else 0  # type: ignore[arg-type] # a number, of those that give them


def levels_of(
    model: nn.Module, image: Tensor, indices: Sequence[int], norm: bool, prefix: bool
) -> tuple[list[Tensor], list[Tensor] | None]:
    """Map ``(B, C, H, W)`` to ``(B, C_i, H/s_i, W/s_i)`` levels, finest first, and ``(B, P, C_i)`` prefix tokens.

    Args:
        model: Of timm.
        image: Normalised.
        indices: Levels to take.
        norm: Whether every level passes the final norm.
        prefix: Whether there are prefix tokens.
    """
    options = {"norm": True} if norm else {}
    options |= {"return_prefix_tokens": True} if prefix else {}
    found = model.forward_intermediates(  # type: ignore[operator] # of every model in timm
        image, indices=list(indices), output_fmt="NCHW", intermediates_only=True, **options
    )
    return ([level for level, _ in found], [tokens for _, tokens in found]) if prefix else (list(found), None)

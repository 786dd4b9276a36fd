"""The last blocks of a plain vision transformer, which a head runs with tokens of its own among them.

As in EoMT (Kerssies et al., 2025), https://arxiv.org/abs/2503.19108, section 3.2: queries join the tokens of the image
before the last blocks, and masks say who attends to whom. Deviation: they are appended, not put in front, so that
prefix tokens keep their places.
"""

import inspect

import torch
from timm.models import Eva, VisionTransformer
from timm.models import checkpoint as rerun
from torch import Tensor, nn

from segcli.features import Mask, TokenParts
from segcli.private_names import embedded_tokens


class TimmTail:
    """The tokens of a batch before the last blocks of a model, and these blocks; a :class:`segcli.features.Tail`.

    Args:
        model: Of timm; one of :func:`require_tail`.
        tokens: ``(B, P + N, C)``, prefix tokens first, as the block before left them.
        rope: Rotary position embedding of the ``N`` patches; None for a model without one.
        grid: Rows and columns of patches, ``h`` and ``w``.
        first: Number of the first block that is still to be run.
    """

    def __init__(
        self, model: nn.Module, tokens: Tensor, rope: Tensor | None, grid: tuple[int, int], first: int
    ) -> None:
        self.tokens, self.grid = tokens, grid
        self.num_blocks = len(model.blocks) - first  # type: ignore[arg-type] # of every plain transformer
        self._model, self._rope, self._first = model, rope, first

    def __call__(self, extra: Tensor | None = None, mask: Mask | None = None) -> Tensor:
        """Map ``(B, Q, C)`` tokens to ``(B, P + N + Q, C)``; see :class:`segcli.features.Tail`."""
        tokens, added = self.tokens, 0
        if extra is not None:
            tokens, added = torch.cat([tokens, extra.to(tokens.dtype)], dim=1), extra.shape[1]
        rope = None if self._rope is None else _with_unmoved(self._rope, added)
        for i in range(self.num_blocks):
            attends = mask(i, self._norm(tokens)) if mask is not None else None
            tokens = run_block(self._model, self._first + i, tokens, rope, attends)
        return self._norm(tokens)

    def split(self, tokens: Tensor) -> TokenParts:
        """Tell apart ``(B, P + N + Q, C)`` tokens of this batch."""
        height, width = self.grid
        num_patches = height * width
        num_prefix = self.tokens.shape[1] - num_patches
        sizes = [num_prefix, num_patches, tokens.shape[1] - self.tokens.shape[1]]
        prefix, patches, extra = torch.split(tokens, sizes, dim=1)
        return TokenParts(prefix, patches.transpose(1, 2).reshape(*patches.shape[::2], *self.grid), extra)

    def _norm(self, tokens: Tensor) -> Tensor:
        return self._model.norm(tokens)  # type: ignore[operator] # of every plain transformer


def require_tail(model: nn.Module, name: str, num_blocks: int) -> None:
    """See that the last blocks of a model can be run with further tokens.

    Raises:
        ValueError: If not, or it has no more blocks than these.
    """
    blocks = getattr(model, "blocks", ())
    if not isinstance(model, VisionTransformer | Eva) or not all(map(_takes_mask, blocks)):
        raise ValueError(
            f"TimmBackbone got tail_blocks {num_blocks} for {name}, a {type(model).__name__}, expected a plain "
            "transformer whose blocks take further tokens and a mask, such as vit_small_patch16_224, "
            "vit_small_patch14_dinov2 or vit_small_patch16_dinov3; choose one of these, or remove "
            "model.backbone.tail_blocks."
        )
    if not 0 < num_blocks < len(blocks):
        raise ValueError(
            f"TimmBackbone got tail_blocks {num_blocks} for {name}, expected 1 to {len(blocks) - 1} of its "
            f"{len(blocks)} blocks; set model.backbone.tail_blocks to that."
        )


def run_trunk(model: nn.Module, image: Tensor, num_blocks: int) -> tuple[list[Tensor], TimmTail]:
    """Run all blocks but the last.

    Args:
        model: One of :func:`require_tail`.
        image: ``(B, C, H, W)``, normalised.
        num_blocks: How many are left to the tail.

    Returns:
        Tokens ``(B, P + N, C)`` after each block, and the blocks that are left.
    """
    tokens, rope = embedded_tokens(model, image)
    grid = model.patch_embed.dynamic_feat_size(tuple(image.shape[-2:]))  # type: ignore[union-attr,operator]
    after = []
    first = len(model.blocks) - num_blocks  # type: ignore[arg-type]
    for number in range(first):
        tokens = run_block(model, number, tokens, rope, None)
        after.append(tokens)
    return after, TimmTail(model, tokens, rope, grid, first)


def run_block(model: nn.Module, number: int, tokens: Tensor, rope: Tensor | None, mask: Tensor | None) -> Tensor:
    """Run one block on ``(B, T, C)`` tokens; see :data:`segcli.features.Mask`."""
    block: nn.Module = model.blocks[number]  # type: ignore[index,assignment]
    options = {} if mask is None else {"attn_mask": mask}
    if rope is not None:
        options["rope"] = rope[number] if getattr(model, "rope_mixed", False) else rope  # that is one per block
    if model.grad_checkpointing and torch.is_grad_enabled():
        return rerun(block, tokens, **options)
    return block(tokens, **options)


def _with_unmoved(rope: Tensor, count: int) -> Tensor:
    """Append positions that rotate nothing to ``(..., N, D)`` sines and cosines."""
    sine, cosine = rope.new_zeros(1).expand(*rope.shape[:-2], count, rope.shape[-1]).chunk(2, dim=-1)
    return torch.cat([rope, torch.cat([sine, cosine + 1], dim=-1)], dim=-2)


def _takes_mask(block: nn.Module) -> bool:
    return "attn_mask" in inspect.signature(block.forward).parameters

"""What a backbone promises to a decoder and gives it, and the legend of shape symbols.

Legend, used in every docstring:

- ``B``: images in a batch
- ``C``: channels of an image
- ``K``: classes
- ``C_i``, ``s_i``: channels and stride of feature level ``i``, finest level first
- ``H``, ``W``: height and width of the input image in pixels
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from torch import Tensor

Mask = Callable[[int, Tensor], Tensor | None]
"""Given the number of a block, from 0, and the ``(B, P + N + Q, C)`` normalised tokens before it, who attends to whom:
a boolean mask that broadcasts to ``(B, heads, P + N + Q, P + N + Q)``, True where the row's token sees the column's;
None for everybody."""


class FeatureSpec(NamedTuple):
    """Channels and stride of one feature level.

    Attributes:
        channels: Number of channels, ``C_i``.
        stride: Input pixels per feature pixel, ``s_i``.
    """

    channels: int
    stride: int


class TokenParts(NamedTuple):
    """Tokens of a transformer by what they stand for.

    Attributes:
        prefix: ``(B, P, C)``, class and registers.
        patches: ``(B, C, h, w)``, one per patch.
        extra: ``(B, Q, C)``, those of the head.
    """

    prefix: Tensor
    patches: Tensor
    extra: Tensor


class Tail(Protocol):
    """The last blocks of a plain transformer on the tokens of one batch, which a head runs with tokens of its own.

    Attributes:
        tokens: ``(B, P + N, C)`` before these blocks: ``P`` prefix tokens (class, registers), then ``N = h w`` patches.
        grid: Rows and columns of patches, ``h`` and ``w``.
        num_blocks: Blocks that are still to be run.
    """

    tokens: Tensor
    grid: tuple[int, int]
    num_blocks: int

    def __call__(self, extra: Tensor | None = None, mask: Mask | None = None) -> Tensor:
        """Run the blocks.

        Args:
            extra: ``(B, Q, C)`` tokens that are appended; None for none.
            mask: Who attends to whom, asked before each block; None for everybody, which saves a norm per block.

        Returns:
            ``(B, P + N + Q, C)`` normalised tokens after the last block.
        """

    def split(self, tokens: Tensor) -> TokenParts:
        """Tell apart ``(B, P + N + Q, C)`` tokens of this batch, whatever was appended."""


class Features(NamedTuple):
    """All that a backbone knows of a batch of images.

    Attributes:
        levels: ``(B, C_i, H/s_i, W/s_i)``, finest first.
        image: ``(B, C, H, W)``, normalised and padded, as the backbone took it.
        size: Height and width in pixels that the levels stand for: those of the image, or more where a backbone that
            takes images of one size only fills its levels up.
        prefix: Of a transformer, what it knows of the image as a whole: ``(B, P, C_i)`` tokens (class and registers)
            of each level; None of any other backbone.
        tail: Of a plain transformer, the blocks that it leaves to the head; None where it leaves none.
    """

    levels: list[Tensor]
    image: Tensor
    size: tuple[int, int]
    prefix: list[Tensor] | None = None
    tail: Tail | None = None

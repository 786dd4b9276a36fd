"""What a dataset yields, what a batch holds, and the error that names a file at fault."""

from typing import NotRequired, TypedDict

from torch import Tensor

IGNORE_INDEX = 255
"""Mask value of pixels that no loss and no metric sees. Datasets map their void labels to it."""


class DataError(ValueError):
    """Something is wrong with the user's files; the message names the file and what to do."""


class Sample(TypedDict):
    """One image with its mask.

    Attributes:
        image: ``(C, H, W)`` uint8.
        mask: ``(H, W)`` uint8, class indices or :data:`IGNORE_INDEX`; absent where there is no truth.
        path: File of the image, or a made-up unique name for generated images.
        size: Height and width of the image on disk, in pixels, before any transform.
    """

    image: Tensor
    mask: NotRequired[Tensor]
    path: str
    size: tuple[int, int]


class Batch(TypedDict):
    """Samples of one size, stacked.

    Attributes:
        image: ``(B, C, H, W)`` uint8.
        mask: ``(B, H, W)`` uint8, class indices or :data:`IGNORE_INDEX`; absent where there is no truth.
        path: ``B`` file names.
        size: ``B`` pairs of height and width on disk, in pixels.
    """

    image: Tensor
    mask: NotRequired[Tensor]
    path: list[str]
    size: list[tuple[int, int]]

"""What a dataset yields, what a batch holds, and the error that names a file at fault."""

from typing import NotRequired, TypedDict

from torch import Tensor

IGNORE_INDEX = 255
"""Mask value of pixels that no loss and no metric sees. Datasets map their void labels to it."""


_OF_MEMORY = ("Insufficient memory", "can't allocate memory")  # OpenCV, torch


class DataError(ValueError):
    """Something is wrong with the user's files; the message names the file and what to do."""


class NoSplitError(DataError):
    """A data set has no images of a split, which it need not have unless it is asked for."""


def is_out_of_memory(error: Exception) -> bool:
    """Return whether an error, such as one of a transform, is of exhausted memory."""
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _OF_MEMORY)


class Sample(TypedDict):
    """One image with its mask.

    Attributes:
        image: ``(C, H, W)`` uint8.
        mask: ``(H, W)`` uint8, class indices or :data:`IGNORE_INDEX`; where a pixel may have several classes,
            ``(K, H, W)`` uint8 of 0, 1 and :data:`IGNORE_INDEX`. Absent where there is no truth.
        path: File of the image, or a made-up unique name for generated images.
        size: Height and width of the image on disk, in pixels, before any transform.
        targets: What the loss asks for that follows from the mask, by name; absent where it asks for nothing.
        is_filler: True if it only keeps this device in step with the others, and counts for nothing.
    """

    image: Tensor
    mask: NotRequired[Tensor]
    path: str
    size: tuple[int, int]
    targets: NotRequired[dict[str, Tensor]]
    is_filler: NotRequired[bool]


class Batch(TypedDict):
    """Samples of one size, stacked.

    Attributes:
        image: ``(B, C, H, W)`` uint8.
        mask: ``(B, H, W)`` or ``(B, K, H, W)`` uint8, as in a :class:`Sample`; absent where there is no truth.
        path: ``B`` file names.
        size: ``B`` pairs of height and width on disk, in pixels.
        targets: What the loss asks for that follows from the masks, by name, each ``(B, ...)``. Who changes masks
            after they were loaded takes it out; the loss then computes it itself.
        coming: Masks of the batches whose gradients are added to those of this one; absent where there are none.
        is_filler: True if it only keeps this device in step with the others, and counts for nothing.
    """

    image: Tensor
    mask: NotRequired[Tensor]
    path: list[str]
    size: list[tuple[int, int]]
    targets: NotRequired[dict[str, Tensor]]
    coming: NotRequired[list[Tensor]]
    is_filler: NotRequired[bool]

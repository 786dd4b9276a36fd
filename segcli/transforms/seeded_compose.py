"""A list of albumentations transforms whose randomness follows from (seed, epoch, index) alone."""

import random
from collections.abc import Iterator, Sequence

import albumentations as A
import numpy as np
from numpy.typing import NDArray

WHOLE_IMAGE = (A.Resize, A.LongestMaxSize, A.SmallestMaxSize, A.NoOp)  # exact types: A.Lambda derives from A.NoOp


class SeededCompose:
    """Transform an image and its mask together, the same way for the same seed, epoch and index.

    So the number and order of workers change nothing, and a resumed run draws what an undisturbed one would have.
    The generators are shared by all transforms: ``A.Compose.set_random_seed`` gives every transform its own copy of
    the same stream, so that two flips with ``p=0.5`` would always happen together.

    Args:
        transforms: Applied one after the other; None or empty for none.
        seed: Seed of the run.
    """

    def __init__(self, transforms: Sequence[A.BasicTransform | A.BaseCompose] | None, seed: int = 0) -> None:
        self.compose = A.Compose(list(transforms or []))
        self.seed = seed

    def __call__(
        self, image: NDArray[np.uint8], mask: NDArray[np.uint8] | None, epoch: int, index: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        """Map an ``(H, W)`` or ``(H, W, C)`` image and its mask to transformed ones of one new size.

        A mask is ``(H, W)``, or ``(K, H, W)`` with a channel per class; all channels are transformed alike.
        """
        if not self.compose.transforms:
            return image, mask
        key = (self.seed, epoch, index)
        self.compose.set_random_state(np.random.default_rng(key), random.Random(repr(key)))
        if mask is None:
            return self.compose(image=image)["image"], None
        target = "mask" if mask.ndim == 2 else "masks"
        result = self.compose(image=image, **{target: mask})
        return result["image"], result[target]

    def moves_pixels(self) -> list[str]:
        """Return the names of the transforms after which a resize cannot restore the image's own pixel grid."""
        return [
            type(transform).__name__
            for transform in _leaves(self.compose)
            if isinstance(transform, A.DualTransform) and type(transform) not in WHOLE_IMAGE
        ]


def _leaves(transform: A.BasicTransform | A.BaseCompose) -> Iterator[A.BasicTransform]:
    if isinstance(transform, A.BaseCompose):
        for child in transform.transforms:
            yield from _leaves(child)
    else:
        yield transform

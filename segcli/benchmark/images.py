"""The images that variants are timed on and compared by: of one size, as their batches need it."""

from collections.abc import Sequence

import numpy as np

from segcli.predict.predictor import Images

_SEED = 0


def fitted(image: Images, size: Sequence[int]) -> Images:
    """Cut an ``(H, W, C)`` image to a height and width, or fill it up with mirrored content.

    Mirrored, since ground of one colour would be predicted alike by all.
    """
    cut = image[: size[0], : size[1]]
    return np.pad(cut, ((0, size[0] - cut.shape[0]), (0, size[1] - cut.shape[1]), (0, 0)), mode="symmetric")


def random_images(number: int, size: Sequence[int], channels: int, dtype: str | None) -> list[Images]:
    """Return noise over the whole range of a type of pixels; of floating-point ones from 0 to 1.

    Args:
        number: How many.
        size: Height and width in pixels.
        channels: Of each.
        dtype: Of the pixels; None for ``uint8``.
    """
    random, kind, shape = np.random.default_rng(_SEED), np.dtype(dtype or "uint8"), (*size, channels)
    if kind.kind == "f":
        return [random.random(shape).astype(kind) for _ in range(number)]
    most = int(np.iinfo(kind).max)
    return [random.integers(0, most, shape, kind, endpoint=True) for _ in range(number)]


def batches_of(images: Sequence[Images], size: int) -> list[Images]:
    """Return as many ``(size, H, W, C)`` batches as there are images, each beginning with another one."""
    number = len(images)
    return [np.stack(_from(images, start, size)) for start in range(number)]


def _from(images: Sequence[Images], start: int, count: int) -> list[Images]:
    return [images[(start + at) % len(images)] for at in range(count)]

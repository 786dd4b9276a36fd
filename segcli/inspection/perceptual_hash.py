"""256 bits that tell what a picture looks like: copies of it differ in few of them, other pictures in about half.

A bit for each of the 16 x 16 lowest frequencies of the discrete cosine transform of a grey picture of 64 x 64 px:
whether its coefficient is above the median of all. Measured on CamVid, copies that were saved as JPEG of quality 40,
made half as large or brighter differ in up to 30 bits, pictures of two drives in 124 (median). Neighbouring frames of a
drive differ in 80 (median), and in as few as 6 while the car stands, so they are found only then. Copies that were
cropped are not found: 5 % less of a picture changes some 90 bits.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

NEAR_BITS = 36
"""Bits that copies of a picture differ in at most."""
MOST_IMAGES = 20_000
"""Pictures of which all pairs are looked at: some seconds."""
MOST_PAIRS = 10_000
"""Pairs that are kept."""
_SIZE_PX, _FREQUENCIES = 64, 16
_FLAT = 2.0
"""Standard deviation of grey values below which pictures have nothing to tell them apart by."""
_ROWS = 512


class ImageHash(NamedTuple):
    """Bits of a picture.

    Attributes:
        bits: ``(4,)`` words of 64.
        mirrored: Those of the picture with left and right exchanged.
    """

    bits: Words
    mirrored: Words


class Pair(NamedTuple):
    """Two pictures that look alike.

    Attributes:
        first: Position of one.
        second: Position of the other, which is larger.
        bits: In which they differ, 0 to :data:`NEAR_BITS`.
        is_mirrored: Whether one looks like the mirror image of the other.
    """

    first: int
    second: int
    bits: int
    is_mirrored: bool


def perceptual_hash(picture: NDArray[np.uint8]) -> ImageHash | None:
    """Return the bits of an ``(H, W, 3)`` RGB picture; None if it is as good as of one colour."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    if grey.std() < _FLAT:
        return None
    small = cv2.resize(grey, (_SIZE_PX, _SIZE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:_FREQUENCIES, :_FREQUENCIES]
    signs = np.where(np.arange(_FREQUENCIES) % 2, -1, 1).astype(
        np.float32
    )  # mirroring changes those of odd frequencies, and no more
    return ImageHash(_words(low), _words(low * signs))


def near_pairs(hashes: Sequence[ImageHash], advance: Callable[[], object] = bool) -> list[Pair]:
    """Return all pairs of pictures that look alike, the most alike first; no more than :data:`MOST_PAIRS`.

    Args:
        hashes: Of the pictures.
        advance: Called after every picture.
    """
    found: list[Pair] = []
    if not hashes:
        return found
    bits, mirrored = (_as_signs(np.stack(words)) for words in zip(*hashes, strict=True))
    for start in range(0, len(hashes), _ROWS):
        rows = bits[start : start + _ROWS]
        for others, is_mirrored in ((bits, False), (mirrored, True)):
            distance = (rows.shape[1] - rows @ others[start:].T) / 2
            near = np.argwhere(distance <= NEAR_BITS)
            for row, column in near[near[:, 0] < near[:, 1]][:MOST_PAIRS].tolist():
                found.append(Pair(start + row, start + column, int(distance[row, column]), is_mirrored))
        for _ in rows:
            advance()
        if len(found) > MOST_PAIRS:
            break
    closest = {(pair.first, pair.second): pair for pair in sorted(found, key=lambda pair: -pair.bits)}
    return sorted(closest.values(), key=lambda pair: (pair.bits, pair.first, pair.second))[:MOST_PAIRS]


def distances(pairs: Sequence[tuple[ImageHash, ImageHash]]) -> NDArray[np.int64]:
    """Return in how many bits the pictures of each pair differ, ``(N,)``."""
    first, second = (np.stack([each.bits for each in those]) for those in zip(*pairs, strict=True))
    return np.bitwise_count(first ^ second).sum(axis=1, dtype=np.int64)


def _words(low: NDArray[np.floating | np.integer]) -> Words:
    return np.packbits(low > np.median(low)).view(np.uint64)


def _as_signs(words: Words) -> NDArray[np.float32]:
    """Map ``(N, 4)`` words to ``(N, 256)`` of -1 and 1, whose products count bits that agree, exactly in float32."""
    return np.unpackbits(words.view(np.uint8), axis=1).astype(np.float32) * 2 - 1

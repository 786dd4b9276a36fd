"""How far every pixel of a mask is from the boundary of a class."""

import cv2
import numpy as np
from numpy.typing import NDArray

from segcli.sample import IGNORE_INDEX

_ALIGNED = 64  # bytes


def signed_distances(mask: NDArray[np.uint8], labels: int) -> NDArray[np.float32]:
    """Return the distance of every pixel from the boundary of each class.

    The boundary runs half-way between a pixel of the class and the nearest one that is not. Pixels that are ignored
    are neither.

    Args:
        mask: ``(H, W)`` class indices, or ``(K, H, W)`` with 0 and 1 for each label.
        labels: K, the number of classes; 1 for the foreground of a binary mask.

    Returns:
        ``(K, H, W)`` px, from -0.5 down inside of the class, from 0.5 up outside; 0 where the mask is ignored, and
        everywhere for a class without a boundary in the image: one that is absent, or all there is.
    """
    found = np.zeros((labels, *mask.shape[-2:]), np.float32)
    for label, distance in enumerate(found):
        channel = mask[label] if mask.ndim == 3 else mask
        inside = channel == (label if mask.ndim == 2 and labels > 1 else 1)
        outside = ~inside & (channel != IGNORE_INDEX)
        if inside.any() and outside.any():
            np.copyto(distance, _distance_from(inside) - 0.5, where=outside)
            np.copyto(distance, 0.5 - _distance_from(outside), where=inside)
    return found


def _distance_from(pixels: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the Euclidean distance of each pixel from the nearest of some."""
    # OpenCV's square roots differ in the last bit with the place of the result in memory
    buffer = np.empty(pixels.size + _ALIGNED // 4, np.float32)
    start = -buffer.ctypes.data % _ALIGNED // 4
    found = buffer[start : start + pixels.size].reshape(pixels.shape)
    cv2.distanceTransform((~pixels).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE, dst=found)
    return found

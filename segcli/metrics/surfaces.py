"""Surfaces of regions in an image, and the distances from one to the other, in pixels.

The surface of a region is those of its pixels that have a pixel outside of it among their four neighbours; what lies
beyond the image is outside, as in MONAI and medpy. An ignored pixel is neither inside nor outside: it makes no surface,
so that a region which ignored pixels surround has none.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.bool_]
Floats = NDArray[np.float64]
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


class Distances(NamedTuple):
    """Between two surfaces; infinite to one that is empty.

    Attributes:
        of_truth: ``(T,)`` from each pixel of the true surface to the nearest of the predicted one.
        of_prediction: ``(P,)`` the other way.
    """

    of_truth: Floats
    of_prediction: Floats


def inner_boundary(region: Pixels, ignored: Pixels, kernel: NDArray[np.uint8]) -> Pixels:
    """Return the pixels of a region that have something outside of it under a kernel.

    Args:
        region: ``(H, W)``.
        ignored: ``(H, W)`` pixels that are neither inside nor outside.
        kernel: Odd height and width, around each pixel.
    """
    grown = (region | ignored).astype(np.uint8)
    within = cv2.erode(grown, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(region & (within == 0))


def surface(region: Pixels, ignored: Pixels) -> Pixels:
    """Return the surface of a region."""
    return inner_boundary(region, ignored, _CROSS)


def dilated(pixels: Pixels, kernel: NDArray[np.uint8]) -> Pixels:
    """Return the pixels that have one of some under a kernel, of odd height and width, around them."""
    found = cv2.dilate(pixels.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(found > 0)


def surface_distances(truth: Pixels, predicted: Pixels, ignored: Pixels) -> Distances:
    """Return the Euclidean distances between the surfaces of two regions.

    Args:
        truth: ``(H, W)``, without ignored pixels.
        predicted: ``(H, W)``, without ignored pixels.
        ignored: ``(H, W)``.
    """
    surfaces = [surface(region, ignored) for region in (truth, predicted)]
    rows, columns = (np.flatnonzero((surfaces[0] | surfaces[1]).any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return Distances(np.zeros(0), np.zeros(0))
    inside = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    first, second = (each[inside] for each in surfaces)
    return Distances(_distances(first, second), _distances(second, first))


def _distances(places: Pixels, surface: Pixels) -> Floats:
    """Return the distance of each place from a surface."""
    if not surface.any():
        return np.full(int(places.sum()), np.inf)
    found = cv2.distanceTransform((~surface).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    squares = np.rint(found[places].astype(np.float64) ** 2)  # whole numbers, which float32 roots are close to
    return np.sqrt(squares)

"""Metrics of surfaces as simple as they can be, with SciPy: what the fast ones must agree with."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Pixels = NDArray[np.bool_]


def surface(region: Pixels, ignored: Pixels) -> Pixels:
    """Pixels of a region with one outside of it, or beyond the image, among their four neighbours."""
    outside = np.pad(~region & ~ignored, 1, constant_values=True)
    near = outside[:-2, 1:-1] | outside[2:, 1:-1] | outside[1:-1, :-2] | outside[1:-1, 2:]
    return region & near


def distances(first: Pixels, second: Pixels) -> NDArray[np.float64]:
    """Distance of each pixel of the first surface from the second, which has one."""
    return ndimage.distance_transform_edt(~second)[first]


def surface_dice(truth: Pixels, predicted: Pixels, ignored: Pixels, tolerance: float) -> float:
    """NaN where neither has a surface."""
    a, b = surface(truth, ignored), surface(predicted, ignored)
    if not (a.any() or b.any()):
        return float("nan")
    if not (a.any() and b.any()):
        return 0.0
    within = (distances(a, b) <= tolerance).sum() + (distances(b, a) <= tolerance).sum()
    return float(within / (a.sum() + b.sum()))


def hd95(truth: Pixels, predicted: Pixels, ignored: Pixels) -> float:
    """NaN where neither has a surface, the image's diagonal where one has none."""
    a, b = surface(truth, ignored), surface(predicted, ignored)
    if not (a.any() or b.any()):
        return float("nan")
    if not (a.any() and b.any()):
        return float(np.hypot(*truth.shape))
    return float(max(np.percentile(distances(a, b), 95), np.percentile(distances(b, a), 95)))


def band(region: Pixels, ignored: Pixels, width: int) -> Pixels:
    """Pixels of a region at most ``width`` rows and columns from one outside of it, or from beyond the image."""
    outside = np.pad(~region & ~ignored, width, constant_values=True)
    near = ndimage.maximum_filter(outside, size=2 * width + 1, mode="constant", cval=True)
    return region & near[width:-width, width:-width]

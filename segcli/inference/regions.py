"""Clean label maps: small regions take the class around them, holes are filled."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.uint8]


class _Region(NamedTuple):
    area: int
    number: int
    value: int
    left: int
    top: int
    width: int
    height: int


def cleaned(labels: Labels, min_area_px: int | None = None, fill_holes_px: int | None = None) -> Labels:
    """Return a label map without small regions, then without small holes.

    Args:
        labels: ``(H, W)`` class indices, or ``(K, H, W)`` masks of 0 and 1, each for itself.
        min_area_px: Regions of fewer pixels, connected over corners too, take the class that most pixels around them
            are of; of masks, those of 1 vanish. None keeps all.
        fill_holes_px: Regions of at most so many pixels, connected over edges, that lie within one class take it; of
            masks, those of 0. None keeps all. What touches the border of the image is no hole.
    """
    if min_area_px is None and fill_holes_px is None:
        return labels
    if labels.ndim == 3:
        return np.stack([_cleaned_mask(mask, min_area_px, fill_holes_px) for mask in labels])
    found = labels.copy()
    if min_area_px is not None:
        while _replace(found, min_area_px - 1, 8, holes=False):
            pass
    if fill_holes_px is not None:
        while _replace(found, fill_holes_px, 4, holes=True):
            pass
    return found


def _cleaned_mask(mask: Labels, min_area_px: int | None, fill_holes_px: int | None) -> Labels:
    found = mask.copy()
    if min_area_px is not None:
        _replace(found, min_area_px - 1, 8, holes=False, only=1)
    if fill_holes_px is not None:
        _replace(found, fill_holes_px, 4, holes=True, only=0)
    return found


def _replace(labels: Labels, largest: int, connectivity: int, holes: bool, only: int | None = None) -> bool:
    """Give regions of at most ``largest`` pixels the class around them, the smallest first.

    Returns:
        Whether a class was changed: some that were small became part of others that were, and are so still. There are
        fewer regions after each time.
    """
    regions, numbers = list[_Region](), np.zeros(labels.shape, np.int32)
    for value in [only] if only is not None else np.unique(labels).tolist():
        first = len(regions)
        _, found, stats, _ = cv2.connectedComponentsWithStats(
            (labels == value).astype(np.uint8), connectivity=connectivity, ltype=cv2.CV_32S
        )
        small = np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] <= largest) + 1
        if not len(small):
            continue
        renamed = np.zeros(len(stats), np.int32)
        renamed[small] = np.arange(first + 1, first + 1 + len(small))
        numbers += renamed[found]
        for number, (left, top, width, height, area) in zip(
            renamed[small].tolist(), stats[small].tolist(), strict=True
        ):
            regions.append(_Region(area, number, value, left, top, width, height))
    return sum(_replace_one(labels, numbers, region, holes) for region in sorted(regions)) > 0


def _replace_one(labels: Labels, numbers: NDArray[np.int32], region: _Region, holes: bool) -> bool:
    top, left = max(region.top - 1, 0), max(region.left - 1, 0)
    window = slice(top, region.top + region.height + 1), slice(left, region.left + region.width + 1)
    inside = numbers[window] == region.number
    around = cv2.dilate(inside.astype(np.uint8), _CROSS if holes else _SQUARE).astype(bool) & ~inside
    counts = np.bincount(labels[window][around], minlength=1)
    if holes:
        height, width = labels.shape
        touches = region.top == 0 or region.left == 0
        touches = touches or region.top + region.height == height or region.left + region.width == width
        if touches or np.count_nonzero(counts) != 1:
            return False
    value = int(counts.argmax()) if counts.any() else region.value
    labels[window][inside] = value
    return value != region.value


_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_SQUARE = np.ones((3, 3), np.uint8)

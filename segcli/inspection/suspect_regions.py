"""Where a trained model is sure that a label is wrong: by its probability of the given label, region by region."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from segcli.sample import IGNORE_INDEX

SURE = 0.9
"""Probability of another class from which a model counts as sure."""
_THIN = 100
"""A part of the shorter side as wide as edges of objects, along which labels are never exact, are taken to be."""


class Region(NamedTuple):
    """Connected pixels whose label the model doubts.

    Attributes:
        doubt: Sum over them of 1 - the probability of the label: in pixels, if the model is right.
        pixels: How many they are.
        label: Class index that most of them have.
        predicted: Class index that the model gives to most of them.
        box: Left, top, right and bottom in pixels, right and bottom outside.
    """

    doubt: float
    pixels: int
    label: int
    predicted: int
    box: tuple[int, int, int, int]


def suspect_regions(
    mask: NDArray[np.uint8], probabilities: NDArray[np.float32]
) -> tuple[Sequence[Region], NDArray[np.bool_]]:
    """Return the regions where a model is sure of another class than the label, the largest doubt first.

    What is as thin as an edge between classes is left out.

    Args:
        mask: ``(H, W)`` class indices or ``IGNORE_INDEX``.
        probabilities: ``(K, H, W)``, 0 to 1, with a sum of 1 over the classes.

    Returns:
        The regions, and an ``(H, W)`` map of all their pixels.
    """
    predicted, known = probabilities.argmax(axis=0), mask != IGNORE_INDEX
    labels = np.where(known, mask, 0).astype(np.int64)
    of_label = np.take_along_axis(probabilities, labels[None], axis=0)[0]
    wrong = known & (predicted != labels) & (probabilities.max(axis=0) >= SURE)
    side = 2 * max(1, min(mask.shape) // _THIN) + 1
    opened = cv2.morphologyEx(wrong.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    count, numbers, boxes, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    found = []
    for number in range(1, count):
        left, top, width, height, pixels = boxes[number].tolist()
        place = np.s_[top : top + height, left : left + width]
        own = numbers[place] == number
        found.append(
            Region(
                float((1 - of_label[place][own]).sum()),
                pixels,
                int(np.bincount(labels[place][own]).argmax()),
                int(np.bincount(predicted[place][own]).argmax()),
                (left, top, left + width, top + height),
            )
        )
    return sorted(found, reverse=True), opened.astype(np.bool_)

"""Colours for classes that have none of their own."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

FIRST = (38, 70, 110)  # class 0 is often the background: calm and dark


@cache
def default_palette(num_classes: int) -> NDArray[np.uint8]:
    """Return ``(K, 3)`` RGB uint8 colours, each as far as possible from all before it in CIELAB.

    The palette of fewer classes is the beginning of that of more. Black and white are left for ignored pixels and
    for separators.

    Args:
        num_classes: Number of colours, K, at least 1.
    """
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    colours = np.concatenate([np.array([FIRST], np.uint8), grid, np.array([[0, 0, 0], [255, 255, 255]], np.uint8)])
    lab = cv2.cvtColor(colours[None].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[0]
    to = [np.linalg.norm(lab - lab[i], axis=1) for i in (0, -1, -2)]
    distance, chosen = np.minimum.reduce(to), [0]
    distance[(lab[:, 0] < 35) | (lab[:, 0] > 92) | (np.hypot(lab[:, 1], lab[:, 2]) > 80)] = 0  # no neon
    while len(chosen) < num_classes:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(lab - lab[chosen[-1]], axis=1))
    palette = colours[chosen[:num_classes]]
    palette.flags.writeable = False  # the cache hands out the same array
    return palette

"""Choose images that are unsure, and unlike each other and those that are labelled: a weighted k-center, greedily.

Sener and Savarese, 2018, "Active Learning for Convolutional Neural Networks: A Core-Set Approach",
https://arxiv.org/abs/1708.00489, algorithm 1. Deviations: only the most uncertain images are candidates, and the
distance to the nearest centre is multiplied by the uncertainty. By uncertainty alone, the first images would be frames
of one scene; by distance alone, oddities that the model is sure of.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CANDIDATES = 5
"""Images that one is chosen from."""

Floats = NDArray[np.floating]


class Choice(NamedTuple):
    """An image that was chosen.

    Attributes:
        position: Of it.
        distance: To the nearest image that is labelled or was chosen before, 0 to 2; None of the first where none is.
    """

    position: int
    distance: float | None


def choose(
    uncertainty: Sequence[float] | Floats, features: Floats, number: int, labelled: Floats | None = None
) -> list[Choice]:
    """Choose images one after the other; the same for the same arguments.

    Args:
        uncertainty: Of N images, 0 or more.
        features: ``(N, C)`` of length 1.
        number: How many; all if there are fewer.
        labelled: ``(M, C)`` of length 1, the centres that are there before; None for none.

    Returns:
        In the order of choice: of images that tie, the earlier ones first.
    """
    unsure, known = np.asarray(uncertainty, np.float64), np.asarray(features, np.float64)
    candidates = np.argsort(-unsure, kind="stable")[: number * CANDIDATES]
    weight, places = unsure[candidates], known[candidates]
    weight = weight / weight.max() if len(weight) and weight.max() > 0 else np.ones_like(weight)
    nearest = np.full(len(candidates), np.inf)
    for start in range(0, 0 if labelled is None else len(labelled), _AT_ONCE):
        assert labelled is not None
        centres = np.asarray(labelled[start : start + _AT_ONCE], np.float64)
        nearest = np.minimum(nearest, _distances(places, centres).min(axis=1))
    left, chosen = np.ones(len(candidates), bool), list[Choice]()
    for _ in range(min(number, len(candidates))):
        is_first = bool(np.isinf(nearest).all())
        gain = np.where(left, weight * (1 if is_first else nearest), -1)
        at = int(gain.argmax())
        chosen.append(Choice(int(candidates[at]), None if is_first else float(nearest[at])))
        left[at] = False
        nearest = np.minimum(nearest, _distances(places, places[at : at + 1])[:, 0])
    return chosen


_AT_ONCE = 1024
"""Centres that distances are computed to in one step."""


def _distances(places: Floats, centres: Floats) -> Floats:
    """Return ``(N, M)`` Euclidean distances between vectors of length 1."""
    return np.sqrt(np.clip(2 - 2 * (places @ centres.T), 0, 4))

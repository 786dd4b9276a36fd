"""Scores from sums of image counts, for one set of images or for thousands of resamples at once.

The formulas are those of :mod:`segcli.metrics.scores`: over the whole set, per class, averaged over the classes that
occur. A row of a table holds, for K classes, K times right, K times truth and K times predicted pixels, then the pixels
that are right and all that count: ``3 K + 2`` columns, whose sums over images are the row of a set.
"""

import math

import numpy as np
from numpy.typing import NDArray

from segcli.runs.image_counts import ClassTerms, ImageCounts
from segcli.score_spec import MEAN_IOU, SCORES

Floats = NDArray[np.float64]


def table(terms: ClassTerms) -> Floats:
    """Return ``(N, 3 K + 2)`` pixels, a row for each of N images."""
    totals = np.stack((terms.agreed, terms.counted), axis=1)
    return np.concatenate((terms.right, terms.truth, terms.predicted, totals), axis=1).astype(np.float64)


def class_scores(sums: Floats, kind: str) -> Floats:
    """Score every class.

    Args:
        sums: ``(..., 3 K + 2)`` rows of sets of images.
        kind: ``IoU``: right / (truth + predicted - right), or ``Dice``: 2 right / (truth + predicted).

    Returns:
        ``(..., K)``, 0 to 1; NaN for a class in neither truth nor prediction.
    """
    right, truth, predicted = np.split(sums[..., :-2], 3, axis=-1)
    both = truth + predicted
    return _ratio(right, both - right) if kind == "IoU" else _ratio(2 * right, both)


def set_score(sums: Floats, name: str) -> Floats:
    """Score sets of images.

    Args:
        sums: ``(..., 3 K + 2)`` rows of sets of images.
        name: ``mIoU``, ``mDice`` or ``pixel_accuracy``.

    Returns:
        ``(...)``, 0 to 1; NaN where nothing is counted.
    """
    if not SCORES[name].is_mean:
        return _ratio(sums[..., -2], sums[..., -1])
    scores = class_scores(sums, SCORES[name].class_score)
    occurs = ~np.isnan(scores)
    return _ratio(np.where(occurs, scores, 0.0).sum(axis=-1), occurs.sum(axis=-1))


def group_scores(counts: ImageCounts) -> dict[str, dict[str, float | None]]:
    """Return number of ``images`` and ``mIoU`` of every group of images, None for one without any pixel that counts.

    Nothing where each image is its own group, or none are known.
    """
    names = dict.fromkeys(counts.groups)
    if len(names) in (0, len(counts.ids)):
        return {}
    rows, labels = table(counts.terms()), np.array(counts.groups)
    found: dict[str, dict[str, float | None]] = {}
    for name in names:
        score = float(set_score(rows[labels == name].sum(axis=0), MEAN_IOU))
        found[name] = {"images": int((labels == name).sum()), MEAN_IOU: None if math.isnan(score) else round(score, 6)}
    return found


def _ratio(part: Floats, whole: Floats | NDArray[np.intp]) -> Floats:
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: there is nothing to score
        return np.asarray(part / whole)

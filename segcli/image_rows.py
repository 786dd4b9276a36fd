"""What each image adds to a score of ``model.metrics``, and the score of their sums. Free of torch.

A row of one image holds, for each of S values (one per class, or a single one), a weight w and M parts a. A set of
images has

    score = sum_m |sum_n a_nm| / sum_n w_n

so that any set of images, or thousands of resamples at once, is scored from sums. Of a ratio of pixels, w is what is
below the line and the one part what is above; of a mean over images, w is 1 and the part is the value of the image; of
a calibration error, the parts are the differences in each bin.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def row_scores(sums: Floats) -> Floats:
    """Score sets of images.

    Args:
        sums: ``(..., S, 1 + M)`` sums of rows.

    Returns:
        ``(..., S)``; NaN where the weight is 0.
    """
    weight, parts = sums[..., 0], np.abs(sums[..., 1:]).sum(axis=-1)
    return np.asarray(np.divide(parts, weight, out=np.full(weight.shape, np.nan), where=weight > 0))


def mean_score(values: Floats) -> Floats:
    """Return the mean over the last axis of what is a number, NaN where nothing is."""
    known = ~np.isnan(values)
    number = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    return np.asarray(np.divide(total, number, out=np.full(number.shape, np.nan), where=number > 0))

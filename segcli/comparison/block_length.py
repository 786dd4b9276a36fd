"""How many consecutive frames make a block, from the autocorrelation of what every frame does to a score.

Politis and White (2004), "Automatic block-length selection for the dependent bootstrap", with the correction of Patton,
Politis and White (2009): the length b that estimates the variance of a mean with the least squared error, by
flat-top-windowed autocovariances up to where they are insignificant. A test wants longer blocks than an estimate
(Lazarus, Lewis, Stock and Watson 2018, "HAR inference: recommendations for practice", take 1.3 sqrt(N)), the more so
where what frames share hides behind what they do not. Hence twice b, and at least 2 sqrt(N): the shortest lengths that
kept false alarms below 6.5 % in ``tests/benchmarks/sim_compare.py``. Some blocks always remain: 4 of one group.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_FREEDOM = 3
"""Degrees of freedom that the shortest number of blocks leaves."""
_RULE = 2.0


def block_lengths(series: Floats, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the length of a block for every series.

    Args:
        series: ``(N, S)`` what each frame does to S scores, in the order of time, group by group.
        labels: ``(N,)`` number of the group of each frame.

    Returns:
        ``(S,)`` frames, 1 to N / (G + 3), rounded up.
    """
    number, groups = len(series), len(np.unique(labels))
    most = max(1, math.ceil(number / (groups + _FREEDOM)))
    floor = _RULE * math.sqrt(number)
    wanted = [max(2 * optimal_length(column, labels), floor) for column in series.T]
    return np.array([min(math.ceil(length), most) for length in wanted], np.int64)


def optimal_length(series: Floats, labels: NDArray[np.int64]) -> float:
    """Return the length b of Politis and White for the circular block bootstrap.

    Args:
        series: ``(N,)``.
        labels: ``(N,)`` numbers of groups; only frames of one group are neighbours.
    """
    number = len(series)
    run_length = max(5, math.ceil(math.sqrt(math.log10(number)))) if number > 1 else 1
    most = math.ceil(math.sqrt(number)) + run_length
    covariances = _autocovariances(series, labels, min(most, number - 1))
    if number < 2 or covariances[0] <= 0:
        return 1.0
    width = _window(covariances / covariances[0], number, run_length)
    lags = np.arange(min(width, len(covariances) - 1) + 1)
    window = np.clip(2 * (1 - lags / width), 0, 1)
    weighted = np.where(lags == 0, 1, 2) * window * covariances[lags]
    spectrum, slope = weighted.sum(), (weighted * lags).sum()
    if spectrum <= 0:
        return 1.0
    length = (2 * slope**2 / (4 / 3 * spectrum**2)) ** (1 / 3) * number ** (1 / 3)
    return float(np.clip(length, 1, math.ceil(min(3 * math.sqrt(number), number / 3))))


def _autocovariances(series: Floats, labels: NDArray[np.int64], most: int) -> Floats:
    means = np.bincount(labels, series) / np.maximum(np.bincount(labels), 1)
    centred = series - means[labels]
    pairs = [
        (centred[: len(series) - lag] * centred[lag:])[labels[: len(series) - lag] == labels[lag:]]
        for lag in range(most + 1)
    ]
    return np.array([products.sum() for products in pairs]) / len(series)


def _window(correlations: Floats, number: int, run_length: int) -> int:
    """Return twice the lag behind which ``run_length`` correlations are insignificant."""
    bound = 2 * math.sqrt(math.log10(number) / number)
    small = np.abs(correlations[1:]) < bound
    runs = (lag for lag in range(len(small) - run_length + 1) if small[lag : lag + run_length].all())
    last = int(np.flatnonzero(~small).max()) + 1 if (~small).any() else 1
    return min(2 * max(next(runs, last), 1), max(len(correlations) - 1, 1))

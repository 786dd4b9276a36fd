"""What times say of a variant, and how much faster than another one it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_ROUNDS = 6
"""For an interval; of fewer the bootstrap's are far too narrow."""
_RESAMPLES, _SEED, _CONFIDENCE = 2000, 0, 0.95


@dataclass(frozen=True)
class Ratio:
    """How many times as fast as the baseline.

    Attributes:
        value: Median time of the baseline over that of the variant.
        low: Lower end of the 95 % interval; None where there are too few rounds.
        high: Upper end.
    """

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Spread:
    """Times of one variant in seconds.

    Attributes:
        median: Half of the rounds are faster.
        low: A tenth is faster.
        high: A tenth is slower.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, times: NDArray[np.float64]) -> "Spread":
        """Summarise ``(rounds,)`` times."""
        low, median, high = np.quantile(times, [0.1, 0.5, 0.9])
        return cls(float(median), float(low), float(high))


def speed_ratio(baseline: NDArray[np.float64], times: NDArray[np.float64]) -> Ratio:
    """Compare two variants that were timed in the same rounds.

    The interval is a percentile bootstrap over rounds, both times of a round being drawn together: what slowed down
    both does not widen it. It is of this machine, now; another day may lie outside of it.

    Args:
        baseline: ``(rounds,)`` seconds of the one that counts as 1.
        times: ``(rounds,)`` seconds of the other.
    """
    value, rounds = float(np.median(baseline) / np.median(times)), len(times)
    if rounds < FEWEST_ROUNDS:
        return Ratio(value, None, None)
    drawn = np.random.default_rng(_SEED).integers(0, rounds, (_RESAMPLES, rounds))
    ratios = np.median(baseline[drawn], axis=1) / np.median(times[drawn], axis=1)
    low, high = np.quantile(ratios, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return Ratio(value, float(low), float(high))

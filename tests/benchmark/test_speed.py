import numpy as np
import pytest

from segcli.benchmark.speed import FEWEST_ROUNDS, Spread, speed_ratio


def test_a_spread_is_of_quantiles() -> None:
    found = Spread.of(np.arange(11.0))
    assert (found.low, found.median, found.high) == (1, 5, 9)


def test_what_slows_down_both_does_not_widen_the_interval() -> None:
    """A machine that is busy half of the time doubles both times of a round."""
    random = np.random.default_rng(0)
    busy = random.choice([1.0, 2.0], 30)
    baseline, paired = 0.010 * busy, 0.005 * busy
    unpaired = 0.005 * random.permutation(busy)
    found, loose = speed_ratio(baseline, paired), speed_ratio(baseline, unpaired)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))
    assert loose.low is not None
    assert loose.high is not None
    assert loose.high - loose.low > 0.5


def test_the_interval_covers_the_true_ratio_about_as_often_as_it_says() -> None:
    covered, true = 0, 0.5
    for seed in range(100):
        noise = np.random.default_rng(seed).lognormal(0, 0.2, (2, 30))
        found = speed_ratio(0.01 * noise[0], 0.01 / true * noise[1])
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= true <= found.high
    assert 88 <= covered <= 100


def test_few_rounds_have_no_interval() -> None:
    times = np.linspace(1, 2, FEWEST_ROUNDS)
    assert speed_ratio(times, times).low == 1
    few = speed_ratio(times[1:], times[1:] / 2)
    assert (few.value, few.low, few.high) == (pytest.approx(2), None, None)

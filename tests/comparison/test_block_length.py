import numpy as np
import pytest

from segcli.comparison.block_length import block_lengths, optimal_length


def series(alike: float, number: int = 400, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    found = [0.0]
    for noise in rng.normal(size=number + 99):
        found.append(alike * found[-1] + noise)
    return np.array(found[100:])


def test_blocks_grow_with_the_autocorrelation() -> None:
    labels = np.zeros(400, np.int64)
    lengths = [np.mean([optimal_length(series(alike, seed=n), labels) for n in range(20)]) for alike in (0, 0.5, 0.8)]
    # the optimum for an autoregression, (2 G² / D)^(1/3) N^(1/3) with G / g(0) = 2 alike / (1 - alike²): 6.5 and 16
    assert lengths[0] < 2.5
    assert lengths[1] == pytest.approx((1.5 * (1 / 0.75) ** 2 * 400) ** (1 / 3), rel=0.35)
    assert lengths[2] == pytest.approx((1.5 * (1.6 / 0.36) ** 2 * 400) ** (1 / 3), rel=0.35)


def test_frames_of_other_groups_are_no_neighbours() -> None:
    labels = np.repeat(np.arange(200), 2)
    steps = np.repeat(np.random.default_rng(0).normal(size=200), 2)
    assert optimal_length(steps, labels) == 1  # within a group nothing varies
    assert optimal_length(steps, np.zeros(400, np.int64)) > 2


@pytest.mark.parametrize(("number", "groups", "most"), [(101, 1, 26), (100, 2, 20), (10, 1, 3), (3, 1, 1), (1, 1, 1)])
def test_some_blocks_always_remain(number: int, groups: int, most: int) -> None:
    labels = np.sort(np.arange(number) % groups)
    smooth = np.sin(np.arange(number) / 40)
    (slow, noise) = block_lengths(np.stack((smooth, series(0, number)), axis=1), labels)
    assert slow == most
    assert min(2 * number**0.5, most) <= noise <= most


def test_what_does_not_vary_has_single_frames() -> None:
    assert optimal_length(np.zeros(50), np.zeros(50, np.int64)) == 1

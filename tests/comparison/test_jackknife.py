from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from segcli.comparison.jackknife import chosen_lengths, numbers, variances
from tests.comparison.test_statistics import images_of

ONE, LENGTH_1 = np.ones((1, 1)), np.ones(1, np.int64)


def test_leaving_out_images_gives_the_variance_of_a_mean() -> None:
    scores = np.random.default_rng(0).normal(size=30)
    found = variances([images_of(scores)], ONE, LENGTH_1)
    assert_allclose(found, [[scores.var(ddof=1) / 30]])
    assert [float(part[0]) for part in numbers([images_of(scores)], LENGTH_1)] == pytest.approx([30, 29])


def test_blocks_of_noise_give_about_the_same_and_of_a_trend_more() -> None:
    rng = np.random.default_rng(0)
    length, clip = np.array([10]), ("a",) * 200
    noise = [rng.normal(size=200) for _ in range(60)]
    found = np.mean([variances([images_of(each, clip)], ONE, length)[0, 0] for each in noise])
    assert found == pytest.approx(1 / 200, rel=0.35)  # never below the variance of whole blocks, hence a little more
    slow = [np.repeat(each[:20], 10) for each in noise]
    found = np.mean([variances([images_of(each, clip)], ONE, length)[0, 0] for each in slow])
    assert found == pytest.approx(1 / 20, rel=0.35)


def test_what_joins_neighbouring_blocks_can_be_left_out() -> None:
    slow = np.repeat(np.random.default_rng(0).normal(size=20), 10)
    whole, parts = (
        variances([images_of(slow, ("a",) * 200)], ONE, np.array([12]), joins)[0, 0] for joins in (True, False)
    )
    assert whole > parts > 0


def test_each_quantity_has_blocks_of_its_own_length() -> None:
    scores = np.random.default_rng(0).normal(size=60)
    one = images_of(scores, ("a",) * 60)
    both = replace(
        one,
        shares=np.repeat(one.shares, 2, axis=1),
        score=lambda sums: np.repeat(one.score(sums), 2, axis=1),
        values=np.repeat(one.values, 2),
    )
    found = variances([both], ONE, np.array([3, 12]))[0]
    expected = [variances([one], ONE, np.array([length]))[0, 0] for length in (3, 12)]
    assert_allclose(found, expected)
    assert_allclose(numbers([both], np.array([3, 12])), [[20, 5], [19, 4]])
    assert chosen_lengths([images_of(scores)], np.ones(1)).tolist() == [1]  # images are no blocks


def test_runs_on_other_images_are_independent() -> None:
    scores = np.random.default_rng(0).normal(size=30)
    one, same, other = images_of(scores), images_of(scores), images_of(scores, name="other")
    gap = np.array([[1.0, -1.0]])
    assert variances([one, same], gap, LENGTH_1)[0, 0] == 0
    assert_allclose(variances([one, other], gap, LENGTH_1), 2 * variances([one], ONE, LENGTH_1))

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from scipy.stats import t, ttest_ind

from segcli.compare.resampling import effective_number, weights
from segcli.compare.statistics import Moments, corrected, differences, estimates, holm
from segcli.runs.class_scores import set_score

Floats = NDArray[np.float64]
IMAGES, CLASSES, RESAMPLES = 101, 5, 300


def test_without_images_a_difference_is_that_of_welch() -> None:
    first, second = np.array([0.61, 0.63, 0.66]), np.array([0.55, 0.59, 0.60, 0.54])
    expected = ttest_ind(first, second, equal_var=False)
    interval = expected.confidence_interval(0.95)

    (found,) = differences(["m"], Moments.of(first[:, None]), Moments.of(second[:, None]))

    assert found.p == pytest.approx(expected.pvalue)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((interval.low, interval.high))


def test_the_interval_of_three_seeds_is_that_of_student_not_a_percentile() -> None:
    values = np.array([0.61, 0.63, 0.66])

    (found,) = estimates(Moments.of(values[:, None]))

    low, high = t.interval(0.95, 2, values.mean(), values.std(ddof=1) / np.sqrt(3))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.deviation == pytest.approx(values.std(ddof=1))
    assert found.high is not None
    assert found.high - found.mean > 0.66 - 0.61  # wider than all that a resample of three can show


def test_images_add_to_the_noise_of_seeds() -> None:
    values = np.array([[0.61], [0.63], [0.66]])
    shared = np.random.default_rng(0).normal(0, 0.02, (1, 500, 1))
    moments = Moments.of(values, values[:, None] + shared, np.array([40.0]))
    seeds, images = values.var(ddof=1) / 3, shared.var(ddof=1) * 40 / 39
    freedom = (seeds + images) ** 2 / (seeds**2 / 2 + images**2 / 39)

    (found,) = estimates(moments)

    assert found.high is not None
    assert found.high - found.mean == pytest.approx(t.ppf(0.975, freedom) * np.sqrt(seeds + images))


def test_what_images_and_seeds_cause_together_does_not_count_twice() -> None:
    values = np.array([[0.61], [0.63], [0.66]])
    of_each_run = np.random.default_rng(0).normal(0, 0.02, (3, 4000, 1))

    (found,) = estimates(Moments.of(values, values[:, None] + of_each_run, np.array([40.0])))
    (of_seeds,) = estimates(Moments.of(values))

    assert found.high is not None
    assert of_seeds.high is not None
    assert found.high - found.mean == pytest.approx(of_seeds.high - of_seeds.mean, rel=0.02)


def test_how_hard_images_are_for_everybody_drops_out_of_a_difference() -> None:
    shared = np.random.default_rng(0).normal(0, 0.05, (1, 500, 1))
    groups = []
    for values in (np.array([[0.61], [0.62], [0.63]]), np.array([[0.51], [0.52], [0.53]])):
        groups.append(Moments.of(values, values[:, None] + shared, np.array([40.0])))

    (found,) = differences(["m"], *groups)
    (alone,) = estimates(groups[0])

    assert alone.low is not None
    assert alone.low < 0.53  # the groups' own intervals overlap
    assert found.p is not None
    assert found.p < 0.001


def test_one_run_has_an_interval_of_images_and_no_verdict() -> None:
    rng = np.random.default_rng(0)
    single, three = np.array([[0.7]]), np.array([[0.5], [0.51], [0.52]])
    one = Moments.of(single, single[:, None] + rng.normal(0, 0.01, (1, 500, 1)), np.array([40.0]))
    other = Moments.of(three, three[:, None] + rng.normal(0, 0.01, (1, 500, 1)), np.array([40.0]))

    (estimate,) = estimates(one)
    (found,) = corrected(differences(["m"], one, other))

    assert estimate.deviation is None
    assert estimate.low is not None
    assert 0.66 < estimate.low < 0.69
    assert (found.p, found.p_holm, found.verdict) == (None, None, "unknown")
    assert found.estimate.low is not None


def test_one_run_without_images_tells_nothing_of_noise() -> None:
    (estimate,) = estimates(Moments.of(np.array([[0.7]])))
    (found,) = differences(["m"], Moments.of(np.array([[0.7]])), Moments.of(np.array([[0.5], [0.6]])))

    assert (estimate.deviation, estimate.low, estimate.high) == (None, None, None)
    assert (found.estimate.low, found.p) == (None, None)


def test_of_a_class_in_hardly_two_images_the_noise_of_images_is_unknown() -> None:
    values = np.array([[0.61], [0.63], [0.66]])
    moments = Moments.of(values, np.repeat(values[:, None], 50, axis=1), np.array([1.9]))

    (found,) = corrected(
        differences(["pole"], moments, Moments.of(values - 0.3, moments.resampled[None].repeat(3, 0), moments.images))
    )  # type: ignore[index]

    assert (found.estimate.low, found.p, found.verdict) == (None, None, "unknown")


def test_equal_runs_do_not_differ_and_without_noise_nothing_is_said() -> None:
    ones = Moments.of(np.full((3, 1), 0.1))  # whose mean is 0.10000000000000002

    (same,) = corrected(differences(["m"], ones, ones))
    (other,) = corrected(differences(["m"], ones, Moments.of(np.full((3, 1), 0.5))))

    assert (same.p, same.verdict) == (1.0, "not distinguishable")
    assert (other.p, other.verdict) == (None, "unknown")


def test_resamples_without_a_rare_class_are_left_out() -> None:
    values = np.array([[0.5], [0.5]])
    rows = np.where(np.arange(400) % 4 == 0, np.nan, np.random.default_rng(0).normal(0.5, 0.1, 400))
    some = Moments.of(values, np.stack([rows, rows])[..., None], np.array([9.0]))
    present = rows[~np.isnan(rows)]

    (found,) = estimates(some)

    assert found.high is not None
    assert found.high - 0.5 == pytest.approx(t.ppf(0.975, 8) * np.sqrt(present.var(ddof=1) * 9 / 8))


def test_holm_is_the_textbook_s() -> None:
    assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_many_differences_are_corrected_for_their_number() -> None:
    rng = np.random.default_rng(2)
    first, second = (Moments.of(rng.normal(0.5, 0.01, (3, 40))) for _ in range(2))
    names = [str(n) for n in range(40)]

    found = differences(names, first, second)

    assert any(one.p is not None and one.p < 0.05 for one in found)
    assert {one.verdict for one in corrected(found)} == {"not distinguishable"}


def group(rng: np.random.Generator, truth: Floats, quality: Floats, seeds: float, joint: float) -> Moments:
    """Three runs: their right pixels vary with the seed, and by image and seed together."""
    drawn = weights(IMAGES, "calibration")[:RESAMPLES]
    values, rows = [], []
    for _ in range(3):
        share = np.clip(quality + rng.normal(0, seeds) + rng.normal(0, joint, truth.shape), 0, 1)
        wrong = truth * (1 - share)
        totals = np.stack(((truth - wrong).sum(axis=1), truth.sum(axis=1)), axis=1)
        images = np.concatenate((truth - wrong, truth, truth - wrong + np.roll(wrong, 1, axis=1), totals), axis=1)
        pixels = effective_number(truth + images[:, 2 * CLASSES : 3 * CLASSES]).mean()
        values.append([set_score(images.sum(axis=0), "mIoU")])
        rows.append(set_score(drawn @ images, "mIoU")[:, None])
    return Moments.of(np.array(values), np.array(rows), np.array([pixels]))


def called_different(trials: int, seeds: float, of_model: float, joint: float, gain: float = 0.0) -> float:
    """Return how often two groups are called different; without gain, only images and seeds make them so."""
    rng, count = np.random.default_rng(5), 0
    for _ in range(trials):
        truth = rng.gamma(1.0, 400, (IMAGES, CLASSES)) * (rng.random((IMAGES, CLASSES)) < 0.6)
        common = 0.75 + rng.normal(0, 0.08, truth.shape)
        groups = [
            group(rng, truth, common + extra + rng.normal(0, of_model, truth.shape), seeds, joint)
            for extra in (gain, 0.0)
        ]
        (found,) = corrected(differences(["m"], *groups))
        count += found.verdict in ("higher", "lower")
    return count / trials


@pytest.mark.parametrize(
    ("seeds", "of_model", "joint"),
    [
        pytest.param(0.006, 0.0, 0.03, id="mostly seeds"),
        pytest.param(0.006, 0.05, 0.05, id="all sources"),
        pytest.param(0.0, 0.05, 0.1, id="mostly images and seeds together"),
        pytest.param(0.002, 0.1, 0.02, id="mostly images that suit one model"),
    ],
)
def test_models_without_a_true_difference_are_seldom_called_different(
    seeds: float, of_model: float, joint: float
) -> None:
    assert 0.01 <= called_different(800, seeds, of_model, joint) <= 0.065


def test_a_difference_that_is_large_against_the_noise_is_found() -> None:
    assert called_different(40, 0.006, 0.05, 0.05, gain=0.05) >= 0.95

import pytest

from segcli.comparison.convergence import common_level, converged, mean_height, shared_steps, target
from segcli.runs.curve import Point


def curve(*values: float, every: int = 10) -> tuple[Point, ...]:
    return tuple(Point(n, every * n, 2.0 * n, 3.0 * n, value) for n, value in enumerate(values, start=1))


RISING = curve(0.3, 0.55, 0.58, 0.6, 0.595)


def test_a_score_reaches_a_share_of_its_own_best() -> None:
    found = converged([RISING], None, None).to_share

    assert (found[0.90].epochs, found[0.90].steps, found[0.90].train_s) == (2, 20, 4)
    assert found[0.95].epochs == 3
    assert found[0.99].epochs == 4


def test_what_comes_after_the_best_does_not_count() -> None:
    found = converged([curve(0.5, 0.6, 1.0, 0.6)], None, None).to_share
    assert [found[share].epochs for share in (0.90, 0.95, 0.99)] == [3, 3, 3]


def test_a_loss_reaches_a_share_of_the_way_from_its_first_value() -> None:
    falling = curve(1.1, 0.3, 0.14, 0.1, 0.2)

    assert target(falling, 0.9, lower_is_better=True) == pytest.approx(0.2)
    found = converged([falling], 0.3, None, lower_is_better=True)

    assert [found.to_share[share].epochs for share in (0.90, 0.95, 0.99)] == [3, 3, 4]
    assert found.to_level is not None
    assert found.to_level.epochs == 2


def test_a_loss_that_only_rises_is_at_its_best_at_once() -> None:
    found = converged([curve(0.5, 0.6)], None, None, lower_is_better=True)
    assert found.to_share[0.99].epochs == 1


def test_runs_that_never_reach_the_level_are_not_counted() -> None:
    found = converged([RISING, curve(0.1, 0.2), ()], 0.56, None)

    assert found.to_level is not None
    assert (found.to_level.runs, found.to_level.epochs) == (1, 3)
    nobody = converged([RISING], 0.9, None).to_level
    assert nobody is not None
    assert (nobody.runs, nobody.epochs, nobody.steps, nobody.train_s) == (0, None, None, None)


def test_the_common_level_is_one_that_the_weakest_group_comes_to() -> None:
    groups = [[curve(0.5, 0.8), curve(0.5, 0.7)], [curve(0.3, 0.6), ()]]
    losses = [[curve(1.0, 0.5)], [curve(2.0, 0.3)]]

    assert common_level(groups, lower_is_better=False) == pytest.approx(0.95 * 0.6)
    assert common_level(losses, lower_is_better=True) == pytest.approx(0.5 + 0.05 * (1.5 - 0.5))
    assert common_level([[()]], lower_is_better=False) is None


def test_the_area_is_over_the_steps_that_all_runs_share() -> None:
    long, short = curve(0.0, 1.0, 1.0, 1.0), curve(0.0, 1.0, every=15)

    steps = shared_steps([long, short])

    assert steps == (15, 30)
    assert mean_height(long, (15, 30)) == pytest.approx((0.75 * 5 + 1.0 * 10) / 15)
    assert mean_height(short, (15, 30)) == pytest.approx(0.5)
    found = converged([long, short], None, steps).area
    assert found is not None
    assert found.mean == pytest.approx(((0.75 * 5 + 10) / 15 + 0.5) / 2)


def test_runs_without_common_steps_have_no_area() -> None:
    late = tuple(point._replace(step=point.step + 100) for point in RISING)

    assert shared_steps([RISING, late]) is None
    assert shared_steps([()]) is None
    assert converged([RISING], None, None).area is None

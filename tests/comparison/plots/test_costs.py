from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from segcli.comparison.comparison import Comparison, Convergence, Estimate
from segcli.comparison.plots.costs import OVERS, costs_figure, has_costs, seconds_per_step
from segcli.plot_style import style
from tests.comparison.made_comparison import make_comparison


def with_parameters(comparison: Comparison, *numbers: float | None) -> Comparison:
    groups = [
        replace(group, cost=replace(group.cost, parameters=number))
        for group, number in zip(comparison.groups, numbers, strict=True)
    ]
    return replace(comparison, groups=tuple(groups))


def test_every_group_is_a_dot_with_its_interval_over_both(tmp_path: Path) -> None:
    comparison = with_parameters(make_comparison(tmp_path, labels=("FPN", "UNet")), 2e6, 4e6)
    with style():
        over_parameters, over_time, names = costs_figure(comparison).axes
    assert [axes.get_xlabel() for axes in (over_parameters, over_time)] == [over.label for over in OVERS]
    for position, group in enumerate(comparison.groups):
        interval, dot = over_parameters.lines[2 * position : 2 * position + 2]
        assert list(dot.get_xdata()) == [2.0 * (position + 1)]
        assert list(dot.get_ydata()) == [group.score.mean]
        assert sorted(interval.get_ydata()) == [group.score.low, group.score.high]
    assert over_parameters.get_ylim() == over_time.get_ylim()
    assert sorted(text.get_text() for text in names.texts) == sorted(group.label for group in comparison.groups)


def test_the_time_of_a_step_is_that_of_training(tmp_path: Path) -> None:
    group = make_comparison(tmp_path).groups[0]
    ends = [curve[-1] for curve in group.convergence.curves]
    assert seconds_per_step(group) == pytest.approx(sum(end.train_s / end.step for end in ends) / len(ends))
    assert seconds_per_step(replace(group, convergence=Convergence({}, None, None, ((),)))) is None


def test_names_do_not_meet_though_scores_do(tmp_path: Path) -> None:
    group = make_comparison(tmp_path).groups[0]
    groups = [replace(group, label=f"group {number}", score=Estimate(0.5 + number / 1e5)) for number in range(30)]
    made = replace(make_comparison(tmp_path / "more"), groups=tuple(groups))
    with style():
        *_, names = costs_figure(made).axes
    heights = sorted(text.get_position()[1] for text in names.texts)
    assert min(above - below for below, above in pairwise(heights)) >= 14.9
    assert heights[0] >= 0
    assert heights[-1] <= names.get_ylim()[1]


def test_an_axis_over_a_wide_range_is_logarithmic(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, labels=("FPN", "UNet"))
    for second, scale in ((3e6, "linear"), (90e6, "log")):
        with style():
            axes = costs_figure(with_parameters(comparison, 2e6, second)).axes[0]
        assert axes.get_xscale() == scale


def test_groups_that_cost_the_same_or_nothing_known_are_not_drawn(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, labels=("FPN", "UNet"))
    bare = replace(
        comparison,
        groups=tuple(replace(group, convergence=Convergence({}, None, None, ((),))) for group in comparison.groups),
    )
    assert has_costs(with_parameters(bare, 1e6, 2e6))
    assert not has_costs(with_parameters(bare, 1e6, 1e6))
    assert not has_costs(with_parameters(bare, None, None))

"""How fast runs learn: when they reach a share of their own best, or a common level, and the area below their curve."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from segcli.comparison.comparison import SHARES, Convergence, Estimate, Reached
from segcli.comparison.statistics import Moments, estimates
from segcli.runs.curve import Point

Curve = Sequence[Point]
LEVEL_SHARE = 0.95
"""Share of the lowest group's mean best that is the common level, unless one is given."""


def best_of(curve: Curve, lower_is_better: bool) -> float:
    """Return the best value of a curve; NaN of an empty one."""
    values = [point.value for point in curve]
    return (min(values) if lower_is_better else max(values)) if values else math.nan


def target(curve: Curve, share: float, lower_is_better: bool) -> float:
    """Return the value at which a run has come to a share of its own best.

    Of a score it is that share of the best value. A loss has no such thing: there it is the value at which that share
    of the way from the first validation to the best one is done.
    """
    best = best_of(curve, lower_is_better)
    return best + (1 - share) * (curve[0].value - best) if lower_is_better else share * best


def common_level(groups: Sequence[Sequence[Curve]], lower_is_better: bool) -> float | None:
    """Return a level that the runs of every group come to, or nearly all of them.

    It is 95 % of the lowest of the groups' mean bests; of a loss, the value at which 95 % of the way from the mean
    first validation of all runs to the highest of the groups' mean bests is done.

    Args:
        groups: The curves of the runs of each group; empty curves are left out.
        lower_is_better: Whether the metric is a loss.
    """
    whole = [[curve for curve in curves if curve] for curves in groups]
    means = [float(np.mean([best_of(curve, lower_is_better) for curve in curves])) for curves in whole if curves]
    if not means:
        return None
    if not lower_is_better:
        return LEVEL_SHARE * min(means)
    first = float(np.mean([curve[0].value for curves in whole for curve in curves]))
    return max(means) + (1 - LEVEL_SHARE) * max(first - max(means), 0.0)


def shared_steps(curves: Sequence[Curve]) -> tuple[int, int] | None:
    """Return the optimizer steps from the first validation to the last that all runs have; None if none are shared."""
    whole = [curve for curve in curves if curve]
    if not whole:
        return None
    begin, end = max(curve[0].step for curve in whole), min(curve[-1].step for curve in whole)
    return (begin, end) if begin < end else None


def converged(
    curves: Sequence[Curve], level: float | None, steps: tuple[int, int] | None, lower_is_better: bool = False
) -> Convergence:
    """Measure how fast the runs of a group learned.

    Args:
        curves: Each run's validations.
        level: Common level of all groups.
        steps: Optimizer steps that all runs of the comparison share.
        lower_is_better: Whether the metric is a loss.

    Returns:
        When they reached each of :data:`segcli.comparison.comparison.SHARES` of their best and the level, and the mean
        height of their curves over the shared steps, whose interval is one of seeds only.
    """
    to_share = {
        share: _reached(curves, lambda curve, share=share: target(curve, share, lower_is_better), lower_is_better)  # type: ignore[misc]
        for share in SHARES
    }
    to_level = None if level is None else _reached(curves, lambda _: level, lower_is_better)
    heights = [mean_height(curve, steps) for curve in curves if curve] if steps is not None else []
    area: Estimate | None = None
    if heights:
        (area,) = estimates(Moments.of(np.array(heights)[:, None]))
    return Convergence(to_share, to_level, area, tuple(tuple(curve) for curve in curves))


def mean_height(curve: Curve, steps: tuple[int, int]) -> float:
    """Return the area below a curve between two steps, by the trapezoidal rule, divided by their distance."""
    begin, end = steps
    at = np.array([begin, *(point.step for point in curve if begin < point.step < end), end], float)
    heights = np.interp(at, [point.step for point in curve], [point.value for point in curve])
    return float(np.sum((heights[1:] + heights[:-1]) / 2 * np.diff(at)) / (end - begin))


def _reached(curves: Sequence[Curve], value: Callable[[Curve], float], lower_is_better: bool) -> Reached:
    points = [point for curve in curves if curve and (point := _first(curve, value(curve), lower_is_better))]
    if not points:
        return Reached(0, None, None, None)
    epochs, steps, seconds = (
        float(np.mean([getattr(point, name) for point in points])) for name in ("epoch", "step", "train_s")
    )
    return Reached(len(points), epochs, steps, seconds)


def _first(curve: Curve, value: float, lower_is_better: bool) -> Point | None:
    return next((p for p in curve if (p.value <= value if lower_is_better else p.value >= value)), None)

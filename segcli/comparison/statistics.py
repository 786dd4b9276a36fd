"""Means over runs and differences of means, with two sources of noise: the seeds and the images.

A mean over n runs would come out differently with other seeds, and with other images of the same kind.

    V = V_seeds + V_images

V_seeds is s²/n of each group, s² being the variance between its runs with n - 1 in the denominator. Seeds are not
paired between groups: the same seed draws other random numbers in another model, so two groups add up as in Welch's
test. V_images is the jackknife's over images, groups of images or blocks of frames, with the runs fixed
(:mod:`segcli.comparison.jackknife`); the same are left out of all runs, so that what makes an image hard for every run
drops out of a difference. What images and seeds cause together, an image that one seed gets wrong and another right,
is in s² already. The jackknife shows it as the spread of the runs around their group's mean without the same image, and
it is taken out of V_images, as Obuchowski and Rockette (1995, "Hypothesis testing of diagnostic accuracy for multiple
readers and multiple tests") do for readers and cases. Without that it would count twice. A negative rest is 0.

A percentile bootstrap over seeds would be far too narrow: of 3 values it has 10 distinct resamples, and its standard
deviation is short by sqrt((n - 1) / n) (Hesterberg 2015, "What teachers should know about the bootstrap", section
3.2). Intervals are those of Student's t with

    df = V² / (sum of V_i² / df_i)          (Satterthwaite 1946; Welch 1947)

degrees of freedom, df_i being n - 1 of a group of runs and N - 1 of N images, groups or blocks, N being their effective
number (:func:`segcli.comparison.units.effective_number`). Where one group has at least twice as many runs as the other,
the few runs may lie close together by chance, and Welch's test calls 10 % of equal groups different (2 runs against
10). Then the wider one counts of his interval and Student's, whose variance is that of both groups together: 2 %, and
7 % where the runs of the smaller group spread twice as far. Several differences are corrected by Holm (1979), "A simple
sequentially rejective multiple test procedure". Of a single run s² is unknown: an interval, of its group and of
differences from it, then lacks the noise of its seed, and nothing is called higher or lower.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit  # type: ignore[import-untyped]  # ships no stubs

from segcli.comparison.comparison import CONFIDENCE, Difference, Estimate
from segcli.comparison.jackknife import Images, chosen_lengths, numbers, variances

Floats = NDArray[np.float64]
HIGHER, LOWER, EQUAL, UNKNOWN = "higher", "lower", "not distinguishable", "unknown"
_ROUNDING = 1e-10
"""Deviations and differences below it come from floating-point arithmetic."""
_FEWEST = 2 - 1e-9
"""Effective number of units of images below which their noise is not known; two of one size are enough."""
_MANY_MORE = 2
"""Times as many runs in one group as in the other, from which on Welch's test alone does not keep its level."""


@dataclass(frozen=True, eq=False)
class Moments:
    """What is known of n runs, for S quantities at once, such as a metric and every class.

    Attributes:
        runs: n.
        mean: ``(S,)`` over the runs.
        variance: ``(S,)`` between the runs, s²; NaN of a single run.
        images: What the images do to each run; empty where they are not known.
    """

    runs: int
    mean: Floats
    variance: Floats
    images: tuple[Images, ...] = ()
    _joint: dict[tuple[int, ...], Floats] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, values: Floats, images: Sequence[Images] = ()) -> "Moments":
        """Summarise runs.

        Args:
            values: ``(n, S)`` of each run.
            images: Of each run, or none.
        """
        n, size = values.shape
        variance = values.var(axis=0, ddof=1) if n > 1 else np.full(size, np.nan)
        return cls(n, values.mean(axis=0), variance, tuple(images))

    def joint(self, lengths: NDArray[np.int64]) -> Floats:
        """Return ``(S,)`` the part of the mean's variance over images that is in s² / n already.

        Args:
            lengths: ``(S,)`` of blocks.
        """
        if self.runs == 1:
            return np.zeros(len(self.mean))
        key = tuple(lengths.tolist())
        if key not in self._joint:
            around = np.eye(self.runs) - 1 / self.runs
            self._joint[key] = (
                variances(self.images, around, lengths, joins=False).sum(axis=0) / (self.runs - 1) / self.runs
            )
        return self._joint[key]


def estimates(moments: Moments) -> list[Estimate]:
    """Return mean, deviation between runs and interval of each of the S quantities."""
    variance, freedom = _noise([moments])
    half = _half_width(variance, freedom)
    deviation = np.sqrt(moments.variance)
    return [
        Estimate(float(mean), _or_none(sd), _or_none(mean - width), _or_none(mean + width))
        for mean, sd, width in zip(moments.mean, deviation, half, strict=True)
    ]


def differences(subjects: Sequence[str], first: Moments, second: Moments) -> list[Difference]:
    """Compare two groups in each of the S quantities, uncorrected: see :func:`corrected`.

    Args:
        subjects: Their names.
        first: One group.
        second: The other; its means are subtracted.
    """
    delta = first.mean - second.mean
    delta = np.where(np.abs(delta) < _ROUNDING, 0.0, delta)
    variance, freedom = _noise([first, second])
    half = _half_width(variance, freedom)
    is_known = min(first.runs, second.runs) > 1
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where((variance == 0) & (delta == 0), 1.0, 2 * stdtr(freedom, -np.abs(delta) / np.sqrt(variance)))
    p = np.where((variance > 0) | (delta == 0), p, np.nan)  # without any noise there is nothing to test against
    found = []
    for name, d, width, probability in zip(subjects, delta, half, p, strict=True):
        estimate = Estimate(float(d), None, _or_none(d - width), _or_none(d + width))
        found.append(Difference(name, estimate, _or_none(probability) if is_known else None, None, UNKNOWN))
    return found


def corrected(found: Sequence[Difference]) -> list[Difference]:
    """Correct differences for their number and say which are beyond the noise."""
    adjusted = iter(holm([one.p for one in found if one.p is not None]))
    return [one if one.p is None else _judged(one, next(adjusted)) for one in found]


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values that are corrected for their number, in the same order (Holm, 1979)."""
    adjusted, highest = [0.0] * len(p), 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        highest = max(highest, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = highest
    return adjusted


def _judged(one: Difference, p: float) -> Difference:
    verdict = EQUAL
    if p < 1 - CONFIDENCE:
        verdict = HIGHER if one.estimate.mean > 0 else LOWER
    return Difference(one.subject, one.estimate, one.p, p, verdict)


def _noise(groups: Sequence[Moments]) -> tuple[Floats, Floats]:
    """Return ``(S,)`` variances of a mean, or of a difference of two, and degrees of freedom; NaN if not known."""
    with_images = all(group.images for group in groups)
    repeated = [group for group in groups if group.runs > 1 or not with_images]  # of a single run s² is not known
    parts = [(group.variance / group.runs, np.full(len(group.mean), group.runs - 1.0)) for group in repeated]
    of_images = [_image_variance(groups)] if with_images else []
    total, freedom = _added([*parts, *of_images])
    if len(repeated) == 2 and are_unequal([group.runs for group in groups]):
        pooled, degrees = _added([_pooled(*groups), *of_images])
        is_wider = _half_width(pooled, degrees) > _half_width(total, freedom)
        total, freedom = np.where(is_wider, pooled, total), np.where(is_wider, degrees, freedom)
    return total, freedom


def are_unequal(numbers: Sequence[int]) -> bool:
    """Return whether one group has so many more runs than another that Welch's test says too often they differ."""
    return min(numbers) > 1 and max(numbers) >= _MANY_MORE * min(numbers)


def _added(parts: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Return the sum of variances, and its degrees of freedom."""
    total = np.sum([part for part, _ in parts], axis=0)
    total = np.where(total < _ROUNDING**2, 0.0, total)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = total**2 / np.sum([part**2 / df for part, df in parts], axis=0)
    return total, freedom


def _pooled(first: Moments, second: Moments) -> tuple[Floats, Floats]:
    """Return V_seeds of a difference, and its degrees of freedom, if the runs of both groups spread alike."""
    freedom = first.runs + second.runs - 2
    variance = ((first.runs - 1) * first.variance + (second.runs - 1) * second.variance) / freedom
    return variance * (1 / first.runs + 1 / second.runs), np.full(len(variance), float(freedom))


def _image_variance(groups: Sequence[Moments]) -> tuple[Floats, Floats]:
    """Return ``(S,)`` V_images and its degrees of freedom; NaN where fewer than two units tell anything."""
    images = [one for group in groups for one in group.images]
    signs = (1.0, -1.0)[: len(groups)]
    weights = np.concatenate(
        [np.full(group.runs, sign / group.runs) for group, sign in zip(groups, signs, strict=True)]
    )
    lengths = chosen_lengths(images, weights)
    of_all = variances(images, weights[None], lengths)[0]
    joint = np.sum([group.joint(lengths) for group in groups], axis=0)
    number, freedom = numbers(images, lengths)
    is_known = (number >= _FEWEST) & (freedom > 0)
    return np.where(is_known, np.maximum(of_all - joint, 0.0), np.nan), np.where(is_known, freedom, np.nan)


def _half_width(variance: Floats, freedom: Floats) -> Floats:
    quantile = stdtrit(np.where(freedom > 0, freedom, 1.0), (1 + CONFIDENCE) / 2)
    return np.where(variance == 0, 0.0, quantile * np.sqrt(variance))


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

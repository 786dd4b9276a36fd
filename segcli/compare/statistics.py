"""Means over runs and differences of means, with two sources of noise: the seeds and the images.

A mean over n runs would come out differently with other seeds, and with other images of the same kind.

    V = V_seeds + V_images

V_seeds is s²/n of each group, s² being the variance between its runs with n - 1 in the denominator. Seeds are not
paired between groups: the same seed draws other random numbers in another model, so two groups add up as in Welch's
test. V_images comes from a bootstrap of images with the runs fixed; all runs take the same resamples, so that what
makes an image hard for every run drops out of a difference. What images and seeds cause together, an image that one
seed gets wrong and another right, is in s² already. The bootstrap shows it as the spread of the runs around their
group's mean in the same resample, and it is taken out of V_images, as Obuchowski and Rockette (1995, "Hypothesis
testing of diagnostic accuracy for multiple readers and multiple tests") do for readers and cases. Without that it
would count twice. A negative rest is 0.

A percentile bootstrap over seeds would be far too narrow: of 3 values it has 10 distinct resamples, and its standard
deviation is short by sqrt((n - 1) / n) (Hesterberg 2015, "What teachers should know about the bootstrap", section
3.2). For the same reason V_images is multiplied by N / (N - 1), N being the effective number of images
(:func:`segcli.compare.resampling.effective_number`). Intervals are those of Student's t with

    df = V² / (sum of V_i² / df_i)          (Satterthwaite 1946; Welch 1947)

degrees of freedom, df_i being n - 1 of a group of runs and N - 1 of images. Several differences are corrected by Holm
(1979), "A simple sequentially rejective multiple test procedure". Of a single run s² is unknown: an interval, of its
group and of differences from it, then lacks the noise of its seed, and nothing is called higher or lower.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit  # type: ignore[import-untyped]  # ships no stubs

from segcli.compare.comparison import CONFIDENCE, Difference, Estimate

Floats = NDArray[np.float64]
HIGHER, LOWER, EQUAL, UNKNOWN = "higher", "lower", "not distinguishable", "unknown"
_ROUNDING = 1e-10
"""Deviations and differences below it come from floating-point arithmetic."""
_FEWEST = 2 - 1e-9
"""Effective number of images below which their noise is not known; two of one size are enough."""


@dataclass(frozen=True)
class Moments:
    """What is known of n runs, for S quantities at once, such as a metric and every class.

    Attributes:
        runs: n.
        mean: ``(S,)`` over the runs.
        variance: ``(S,)`` between the runs, s²; NaN of a single run.
        resampled: ``(B, S)`` the mean over the runs in every resample of images; None where there are no images.
        joint: ``(S,)`` the part of the variance of ``resampled`` that is in s² / n already.
        images: ``(S,)`` effective number of images of each quantity, N.
    """

    runs: int
    mean: Floats
    variance: Floats
    resampled: Floats | None
    joint: Floats
    images: Floats

    @classmethod
    def of(cls, values: Floats, resampled: Floats | None = None, images: Floats | None = None) -> "Moments":
        """Summarise runs.

        Args:
            values: ``(n, S)`` of each run.
            resampled: ``(n, B, S)`` of each run in every resample; NaN where a quantity does not exist in it.
            images: ``(S,)`` effective number of images of each quantity; needed with ``resampled``.
        """
        n, size = values.shape
        variance = values.var(axis=0, ddof=1) if n > 1 else np.full(size, np.nan)
        joint = np.zeros(size)
        if resampled is not None and n > 1:
            joint = sum(_variance(run) for run in resampled - resampled.mean(axis=0)) / (n - 1) / n
        mean_resampled = None if resampled is None else resampled.mean(axis=0)
        return cls(
            n, values.mean(axis=0), variance, mean_resampled, joint, np.zeros(size) if images is None else images
        )


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
    rows = [group.resampled for group in groups if group.resampled is not None]
    with_images = len(rows) == len(groups)
    repeated = [group for group in groups if group.runs > 1 or not with_images]  # of a single run s² is not known
    parts = [(group.variance / group.runs, np.full(len(group.mean), group.runs - 1.0)) for group in repeated]
    parts += [_image_variance(groups, rows)] if with_images else []
    total = np.sum([part for part, _ in parts], axis=0)
    total = np.where(total < _ROUNDING**2, 0.0, total)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = total**2 / np.sum([part**2 / df for part, df in parts], axis=0)
    return total, freedom


def _image_variance(groups: Sequence[Moments], rows: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return ``(S,)`` V_images and its degrees of freedom; NaN where fewer than two images tell anything."""
    images = np.min([group.images for group in groups], axis=0)
    of_all = _variance(rows[0] if len(rows) == 1 else rows[0] - rows[1])
    joint = np.sum([group.joint for group in groups], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(images >= _FEWEST, np.maximum(of_all - joint, 0.0) * images / (images - 1), np.nan), images - 1


def _half_width(variance: Floats, freedom: Floats) -> Floats:
    quantile = stdtrit(np.where(freedom > 0, freedom, 1.0), (1 + CONFIDENCE) / 2)
    return np.where(variance == 0, 0.0, quantile * np.sqrt(variance))


def _variance(rows: Floats) -> Floats:
    """Return the variance over the first axis, of the rows that have a number: a rare class is not in all resamples."""
    exists = ~np.isnan(rows)
    number = np.maximum(exists.sum(axis=0), 2)
    mean = np.where(exists, rows, 0.0).sum(axis=0) / number
    return np.asarray((np.where(exists, rows - mean, 0.0) ** 2).sum(axis=0) / (number - 1))


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

"""How often ``compare`` is wrong, where images depend on each other: ``python -m tests.benchmarks.sim_compare``.

Two models that are equally good are trained with a few seeds each and measured on images that are drawn anew in every
trial, 5 classes with unequal pixels. What a model gets right varies with the seed, the image, both together, and with
what its images share: a clip's own shift, or something that changes slowly from frame to frame. An oracle knows how
images depend on each other, and so the true variance that comes from them; the noise of seeds it sees in the same runs.
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit  # type: ignore[import-untyped]  # ships no stubs

from segcli.comparison.measured_run import MeasuredRun
from segcli.comparison.metric import Metric
from segcli.comparison.statistics import Moments, differences, estimates
from segcli.runs.class_scores import class_scores, set_score

Floats = NDArray[np.float64]
CLASSES = 5
NAMES = tuple("abcde")
METRIC = Metric("val", "mIoU")
ORACLE_FINDS = 0.8
"""Share of the trials in which the oracle finds the difference that power is measured with."""


@dataclass(frozen=True)
class Setting:
    """Where the noise comes from: standard deviations of the share of a class's pixels that is right.

    Attributes:
        clips: Number of frames of every clip; of images that share nothing, ones.
        seeds: From seed to seed, all images alike.
        clip: From clip to clip, of one model and class.
        frame: From image to image, of one model and class.
        joint: From image to image and seed to seed.
        slow: From frame to frame of one clip, of one model and class, with neighbours alike.
        alike: How far: the correlation of neighbours; above 1 the frames of a bell-shaped kernel.
        runs: Seeds of each model.
        grouped: Whether ``compare`` is told the clips.
    """

    clips: tuple[int, ...] = (1,) * 101
    seeds: float = 0.006
    clip: float = 0.0
    frame: float = 0.05
    joint: float = 0.05
    slow: float = 0.0
    alike: float = 0.0
    runs: tuple[int, int] = (3, 3)
    grouped: bool = True


_FEW = Setting(clips=(25,) * 4, clip=0.045)
_ONE = Setting(clips=(100,), frame=0.0, slow=0.06, alike=0.8)
SETTINGS = {
    "10 clips of 10": replace(_FEW, clips=(10,) * 10),
    "4 clips of 25": _FEW,
    "4 of 25, little noise between seeds": replace(_FEW, seeds=0.0005, clip=0.05, frame=0.036, joint=0.01),
    "one clip of 100, little noise between seeds": replace(_ONE, seeds=0.001, joint=0.02),
    "one clip of 101 as CamVid's": replace(_ONE, clips=(101,), seeds=0.006, joint=0.05, frame=0.03, alike=4.0),
    "one clip of 100 independent frames": replace(_ONE, slow=0.0, frame=0.06),
    "8 clips of 4 to 32": replace(_FEW, clips=(4, 6, 8, 10, 14, 18, 24, 32)),
    "2 drives of 50": replace(_ONE, clips=(50, 50), seeds=0.006, joint=0.05),
    "images: mostly seeds": Setting(frame=0.0, joint=0.03),
    "images: all sources": Setting(),
    "images: with seeds together": Setting(seeds=0.0, joint=0.1),
    "images: that suit one model": Setting(seeds=0.002, frame=0.1, joint=0.02),
    "images: 2 seeds against 10": Setting(runs=(2, 10), frame=0.0, joint=0.03),
}


@dataclass(frozen=True)
class Found:
    """What came of the trials of a setting.

    Attributes:
        trials: How many.
        false_alarms: Share of trials in which two equal models were called different at 5 %.
        covered: Share of the models' own intervals that hold their mean over all trials.
        width: Mean width of the difference's interval, in widths of the oracle's.
        power: Share of trials in which a difference is found that the oracle finds in 80 %.
    """

    trials: int
    false_alarms: float
    covered: float
    width: float
    power: float

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the false alarms."""
        return math.sqrt(max(self.false_alarms, 0.005) * (1 - self.false_alarms) / self.trials)


def simulate(setting: Setting, trials: int, seed: int = 1) -> Found:
    """Run trials.

    Args:
        setting: Where the noise comes from.
        trials: How many.
        seed: Of everything that is drawn.
    """
    rng = np.random.default_rng(seed)
    draws = _Draws(setting)
    gap, half = np.zeros(trials), np.zeros(trials)
    means, halves, seeds = (np.zeros((trials, 2)) for _ in range(3))
    for trial in range(trials):
        groups = [_moments(runs) for runs in draws.models(rng)]
        (found,) = differences(("val/mIoU",), *groups)
        gap[trial], half[trial] = found.estimate.mean, _half(found.estimate.high, found.estimate.mean)
        for number, group in enumerate(groups):
            (own,) = estimates(group)
            means[trial, number], halves[trial, number] = own.mean, _half(own.high, own.mean)
            seeds[trial, number] = group.variance[0] / group.runs
    oracle = _oracle(gap, seeds, np.array(setting.runs) - 1)
    return Found(
        trials,
        false_alarms=_share_found(gap, half, 0.0),
        covered=float((np.abs(means - means.mean()) <= halves).mean()),
        width=float(half.mean() / oracle.mean()),
        power=_share_found(gap, half, _difference_that_is_found(gap, oracle)),
    )


def _oracle(gap: Floats, seeds: Floats, freedom: Floats) -> Floats:
    """Return half the width of the oracle's interval in each trial."""
    of_images = max(float(gap.var() - seeds.sum(axis=1).mean()), 0.0)
    total = seeds.sum(axis=1) + of_images
    return np.asarray(stdtrit(total**2 / (seeds**2 / freedom).sum(axis=1), 0.975) * np.sqrt(total))


def _difference_that_is_found(gap: Floats, oracle: Floats) -> float:
    low, high = 0.0, 20 * float(gap.std())
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _share_found(gap, oracle, middle) < ORACLE_FINDS else (low, middle)
    return high


def _share_found(gap: Floats, half: Floats, difference: float) -> float:
    return float((np.abs(gap + difference) > half).mean())


class _Draws:
    """Draw the runs of two models; what does not change from trial to trial is computed once."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.labels = np.repeat(np.arange(len(setting.clips)), setting.clips)
        self.ids = tuple(f"{clip:02d}_{frame:04d}" for frame, clip in enumerate(self.labels))
        self.groups = tuple(str(clip) for clip in self.labels) if setting.grouped else ()
        self.root = self._root() if setting.slow else None

    def _root(self) -> Floats:
        """Return the root of the frames' covariance matrix."""
        places = np.arange(len(self.labels))
        apart, alike = np.abs(places[:, None] - places), self.setting.alike
        covariances = np.exp(-((apart / (2 * alike)) ** 2)) if alike > 1 else alike**apart
        inside = self.labels[:, None] == self.labels
        return np.linalg.cholesky(covariances * inside + 1e-6 * np.eye(len(places)))

    def models(self, rng: np.random.Generator) -> list[list[MeasuredRun]]:
        """Return the runs of both models on the images of one trial."""
        setting, shape = self.setting, (len(self.labels), CLASSES)
        truth = rng.gamma(1.0, 400, shape) * (rng.random(shape) < 0.6)
        common = 0.75 + rng.normal(0, 0.08, shape)
        return [self._runs(rng, truth, common, number) for number in setting.runs]

    def _runs(self, rng: np.random.Generator, truth: Floats, common: Floats, number: int) -> list[MeasuredRun]:
        setting, shape = self.setting, truth.shape
        quality = common + rng.normal(0, setting.clip, (len(setting.clips), CLASSES))[self.labels]
        quality += rng.normal(0, setting.frame, shape)
        if self.root is not None:
            quality += setting.slow * (self.root @ rng.normal(size=shape))
        shares = quality + rng.normal(0, setting.seeds, (number, 1, 1)) + rng.normal(0, setting.joint, (number, *shape))
        return [self._run(truth, truth * (1 - np.clip(share, 0, 1))) for share in shares]

    def _run(self, truth: Floats, wrong: Floats) -> MeasuredRun:
        right = truth - wrong
        totals = np.stack((right.sum(axis=1), truth.sum(axis=1)), axis=1)
        rows = np.concatenate((right, truth, right + np.roll(wrong, 1, axis=1), totals), axis=1)
        score = set_score(rows.sum(axis=0), "mIoU")
        run = cast(Any, SimpleNamespace(classes=NAMES, passport={}, path=None))
        values = np.concatenate(([score], class_scores(rows.sum(axis=0), "IoU")))
        return MeasuredRun(run, ("val/mIoU", *NAMES), values, (), None, METRIC, self.ids, rows, self.groups)


def _moments(runs: Sequence[MeasuredRun]) -> Moments:
    subjects = runs[0].subjects[:1]
    return Moments.of(np.stack([one.values[:1] for one in runs]), [one.influence(subjects) for one in runs])


def _half(high: float | None, mean: float) -> float:
    return math.inf if high is None else high - mean


def main() -> None:
    """Print a row for every setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    typed = parser.parse_args()
    print(f"{'':46} alarms before  alarms       covered  width  power")
    for name, setting in SETTINGS.items():
        before = simulate(replace(setting, grouped=False), typed.trials)
        found = simulate(setting, typed.trials)
        error = f"{100 * found.false_alarms:4.1f} ± {100 * found.error:.1f} %"
        figures = f"{100 * found.covered:5.1f} %  {found.width:4.2f}x  {100 * found.power:3.0f} %"
        print(f"{name:46} {100 * before.false_alarms:8.1f} %    {error:12} {figures}", flush=True)


if __name__ == "__main__":
    main()

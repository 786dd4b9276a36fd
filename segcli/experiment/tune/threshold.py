"""Thresholds of probabilities: those at which the IoU of each class is highest on the validation split.

Whether they are worth it is measured on images that did not choose them: thresholds of four fifths of the images are
scored on the fifth that is left (cross-validation, Stone 1974), so that no image is scored by a threshold of its own.
"""

import sys
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.config.dumper import dump, dump_inline
from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import command, visible
from segcli.config.output import say
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.disk import write_bytes, write_text
from segcli.experiment.instantiate import instantiate
from segcli.experiment.job import Job, call_trainer
from segcli.experiment.tune.threshold_picture import draw
from segcli.metrics.threshold_counts import BINS, ThresholdCounts, iou_by_threshold
from segcli.plot_style import png, style
from segcli.task import SegmentationTask

PICTURE, FRAGMENT = "threshold.png", "threshold.yaml"
FOLDS = 5
_RESAMPLES, _SEED = 2000, 0
_LEAST_IMAGES = 2 * FOLDS
Counts = NDArray[np.integer]


@dataclass(frozen=True)
class Tuned:
    """What was found for a class.

    Attributes:
        name: Of the class.
        threshold: The best on all images, a multiple of 0.005.
        before: IoU at the threshold of the experiment; NaN where there is no pixel of the class.
        after: IoU at the best threshold of all images: as they chose it, too high.
        gain: Of IoU on images that did not choose the threshold; NaN if there are fewer than 10.
        low: Lower end of its 95 % interval, over images.
        high: Upper end.
    """

    name: str
    threshold: float
    before: float
    after: float
    gain: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval of the gain lies above 0."""
        return self.low > 0


def tune_threshold(job: Job) -> dict[str, Any]:
    """Evaluate the validation split, print what was found, write a fragment of an experiment and a picture.

    Returns:
        What is to be recorded.

    Raises:
        ConfigError: If the task has no thresholds, or the checkpoint does not fit.
    """
    task_name = job.cli.config.model.task
    if task_name == "multiclass":
        what = "tune threshold is for model.task: binary and multilabel; classes that exclude each other have none"
        raise ConfigError([Problem(what)])
    trainer = job.cli.config.trainer
    trainer.devices, trainer.num_nodes, trainer.strategy = 1, 1, "auto"
    instantiate(job, [], load_weights=False)
    counts, names = _counted(job)
    model: SegmentationTask = job.cli.model
    used = model.evaluation.inference.thresholds or (0.5,) * len(names)
    found = [tuned(name, counts[:, at], used[at]) for at, name in enumerate(names)]
    _tell(found, len(counts), used)
    fragment = _fragment(found)
    write_text(job.folder.path / FRAGMENT, fragment)
    with style():
        figure = draw(iou_by_threshold(counts.sum(axis=0)), [each.threshold for each in found], names)
        write_bytes(job.folder.path / PICTURE, png(figure))
    value = _value(found)
    say(f"to use      {command(['--inference.threshold', dump_inline(value['threshold'], allow_unicode=True)])}")
    say(f"or in YAML  inference: {dump_inline(value, allow_unicode=True)}")
    return {"images": len(counts), "folds": FOLDS, "classes": [asdict(each) for each in found]}


def tuned(name: str, counts: Counts, used: float) -> Tuned:
    """Choose the threshold of a class.

    Args:
        name: Of the class.
        counts: ``(N, 2, BINS)`` of N images, see :class:`~segcli.metrics.threshold_counts.ThresholdCounts`.
        used: Threshold of the experiment.
    """
    whole, at = iou_by_threshold(counts.sum(axis=0)), _place(used)
    best = best_place(whole, at)
    gain, low, high = _held_out_gain(counts, at)
    return Tuned(name, best / BINS, float(whole[at]), float(whole[best]), gain, low, high)


def best_place(ious: NDArray[np.float64], used: int) -> int:
    """Return the place of the highest IoU; of equals the nearest to that in use, which stays without any."""
    above_0 = ious[1:]  # at 0 every pixel is of the class
    if np.isnan(above_0).all():
        return used
    highest = np.flatnonzero(above_0 == np.nanmax(above_0)) + 1
    return int(highest[np.abs(highest - used).argmin()])


def _counted(job: Job) -> tuple[Counts, Sequence[str]]:
    """Return ``(N, C, 2, BINS)`` counts of the validation split, and names of the C classes that are decided on."""
    model: SegmentationTask = job.cli.model
    counts = ThresholdCounts()
    counts.begin(model.kind.name, len(model.classes))
    model.evaluation.metrics.members.append(counts)

    def validate(job: Job) -> None:
        job.cli.trainer.validate(
            model, datamodule=job.cli.datamodule, ckpt_path=job.arguments.checkpoint, weights_only=True, verbose=False
        )

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Be aware that when using `ckpt_path`")  # of callbacks that only train
        call_trainer(job, validate)
    data: SegmentationDataModule = job.cli.datamodule
    if not counts.paths:
        raise ConfigError([Problem(f"{type(data).__name__} has no validation images")])
    order = np.argsort(np.array(counts.paths), kind="stable")
    return counts.counts[order], model.classes[1:] if model.kind.name == "binary" else model.classes


def _place(threshold: float) -> int:
    return min(round(threshold * BINS), BINS - 1)


def _held_out_gain(counts: Counts, used: int) -> tuple[float, float, float]:
    """Return by how much IoU rises on images that did not choose the threshold, with its interval over images."""
    number = len(counts)
    if number < _LEAST_IMAGES:
        return (float("nan"),) * 3
    above = np.flip(np.flip(counts, axis=-1).cumsum(axis=-1), axis=-1)
    fold_of = np.random.default_rng(_SEED).permutation(number) % FOLDS
    chosen = np.empty(number, int)
    for fold in range(FOLDS):
        chosen[fold_of == fold] = best_place(iou_by_threshold(counts[fold_of != fold].sum(axis=0)), used)
    images, truth = np.arange(number), counts[:, 1].sum(axis=-1)
    parts = np.stack(
        [above[images, 1, chosen], above[images, 0, chosen] + truth, above[:, 1, used], above[:, 0, used] + truth]
    ).astype(float)
    drawn = np.random.default_rng(_SEED).multinomial(number, np.full(number, 1 / number), size=_RESAMPLES)
    gains = _gain(parts @ drawn.T)
    if np.isnan(gains).all():
        return (float("nan"),) * 3
    low, high = np.nanpercentile(gains, [2.5, 97.5])
    return float(_gain(parts.sum(axis=1))), float(low), float(high)


def _gain(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map true and united pixels after and before to the difference of IoU."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(parts[0] / parts[1] - parts[2] / parts[3])


def _tell(found: Sequence[Tuned], images: int, used: Sequence[float]) -> None:
    names = [visible(each.name) for each in found]
    width = max(len("class"), *map(len, names))
    head = "threshold   IoU at it   IoU before   gain on images that did not choose it"
    say(f"{images} validation images, thresholds of the experiment {', '.join(f'{each:g}' for each in used)}")
    say(f"{'class':{width}}   {head}")
    for name, each in zip(names, found, strict=True):
        gain = "not measured" if np.isnan(each.gain) else f"{each.gain:+.4f} [{each.low:+.4f}, {each.high:+.4f}]"
        say(f"{name:{width}}   {each.threshold:9.3f}   {each.after:9.4f}   {each.before:10.4f}   {gain}")
    if not any(each.is_clear for each in found):
        reason = f"fewer than {_LEAST_IMAGES} images" if images < _LEAST_IMAGES else "no interval lies above 0"
        say(f"no clear gain: {reason}; the thresholds of before do as well", file=sys.stderr)


def _value(found: Sequence[Tuned]) -> dict[str, Any]:
    """Return what ``inference`` is to hold."""
    only = found[0].threshold if len(found) == 1 else {each.name: each.threshold for each in found}
    return {"threshold": only}


def _fragment(found: Sequence[Tuned]) -> str:
    return f"# The highest IoU of each class on the validation split.\n{dump({'inference': _value(found)})}"

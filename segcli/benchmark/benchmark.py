"""Measure variants of a model: time, memory, size, and labels that differ from those of the first."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.benchmark.images import batches_of
from segcli.benchmark.memory import Peak, peak_memory
from segcli.benchmark.rounds import time_in_turn
from segcli.benchmark.speed import Ratio, Spread, speed_ratio
from segcli.benchmark.variant import Variant
from segcli.predict.predictor import Images


@dataclass(frozen=True)
class Wanted:
    """How it is measured.

    Attributes:
        batch: Images that are predicted at once.
        rounds: How often each variant is timed.
        threads: Of the processor.
        memory: Whether to measure memory, in a process for each variant.
    """

    batch: int = 1
    rounds: int = 30
    threads: int = 1
    memory: bool = True


@dataclass(frozen=True)
class Result:
    """What was measured of a variant.

    Attributes:
        variant: It.
        wall: Seconds of a batch by the clock.
        cpu: Seconds of a batch in all threads of the process.
        speed: Times as fast as the baseline, by the clock.
        cpu_speed: The same by the time of the processor.
        images_per_s: Of the median.
        first_s: Seconds of the very first prediction, which may compile.
        memory: The most that it took.
        differing: Share of labels that are not those of the baseline, 0 to 1.
        rounds_s: Seconds of every round by the clock.
        notes: What to know of it.
    """

    variant: Variant
    wall: Spread
    cpu: Spread
    speed: Ratio
    cpu_speed: Ratio
    images_per_s: float
    first_s: float
    memory: Peak
    differing: float
    rounds_s: tuple[float, ...]
    notes: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return it as JSON holds it, times in milliseconds."""
        return {
            "name": self.variant.name,
            "file": str(self.variant.choice.path),
            "device": self.variant.predictor.device,
            "precision": self.variant.precision,
            "wall_ms": _milliseconds(self.wall),
            "cpu_ms": _milliseconds(self.cpu),
            "images_per_s": round(self.images_per_s, 3),
            "speed": _rounded(self.speed),
            "cpu_speed": _rounded(self.cpu_speed),
            "first_ms": round(1000 * self.first_s, 3),
            "peak_memory_bytes": self.memory.resident,
            "peak_gpu_memory_bytes": self.memory.gpu,
            "size_bytes": self.variant.size_bytes,
            "labels_differing": self.differing,
            "notes": list(self.notes),
            "rounds_ms": [round(1000 * each, 3) for each in self.rounds_s],
        }


@dataclass(frozen=True)
class Opened:
    """A variant that has predicted once.

    Attributes:
        variant: It.
        first_s: Seconds that this took.
        notes: What to know of it.
    """

    variant: Variant
    first_s: float
    notes: tuple[str, ...] = ()


def measure_variants(
    opened: Sequence[Opened],
    images: Sequence[Images],
    wanted: Wanted,
    tell: Callable[[str], object] = bool,
    advance: Callable[[], object] = bool,
) -> list[Result]:
    """Measure variants of one model.

    Args:
        opened: The first is the baseline.
        images: ``(H, W, C)`` each, all of one size.
        wanted: How.
        tell: Called with a line on every step.
        advance: Called after every timed round.

    Raises:
        segcli.predict.predictor.PredictorError: If a variant is not for such images.
        segcli.export.description.ExportError: If a file refuses them.
    """
    variants, batches = [each.variant for each in opened], batches_of(images, wanted.batch)
    tell("timing")
    times = time_in_turn([each.predictor for each in variants], batches, wanted.rounds, advance=advance)
    tell("comparing labels")
    differing = _differing(variants, images)
    peaks = [Peak(None, None)] * len(variants)
    if wanted.memory:
        tell("measuring memory, each variant in a process of its own")
        device = variants[0].predictor.device
        peaks = [peak_memory(each.choice, batches[0], device, wanted.threads) for each in variants]
    return [
        Result(
            each.variant,
            Spread.of(times.wall_s[:, at]),
            Spread.of(times.cpu_s[:, at]),
            speed_ratio(times.wall_s[:, 0], times.wall_s[:, at]),
            speed_ratio(times.cpu_s[:, 0], times.cpu_s[:, at]),
            wanted.batch / float(np.median(times.wall_s[:, at])),
            each.first_s,
            peaks[at],
            float(differing[at]),
            tuple(times.wall_s[:, at].tolist()),
            each.notes,
        )
        for at, each in enumerate(opened)
    ]


def _differing(variants: Sequence[Variant], images: Sequence[Images]) -> NDArray[np.float64]:
    """Return the share of labels of each variant that are not those of the first."""
    baseline, *others = (each.predictor for each in variants)
    number, differing = 0, np.zeros(len(variants))
    for image in images:
        expected = baseline.labels(image[None])
        number += expected.size
        for at, each in enumerate(others, 1):
            differing[at] += np.count_nonzero(each.labels(image[None]) != expected)
    return differing / number


def _milliseconds(times: Spread) -> dict[str, float]:
    return {key: round(1000 * value, 3) for key, value in asdict(times).items()}


def _rounded(ratio: Ratio) -> dict[str, float | None]:
    return {key: None if value is None else round(value, 4) for key, value in asdict(ratio).items()}

"""Time several variants in turn, so that what else a machine does befalls all of them alike."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from segcli.predict.predictor import Images, Predictor

WARM_UPS = 3
"""Predictions of each variant before any is timed."""
_SEED = 0
_PAUSE_S, _IDLE, _LONGEST_S = 0.005, 0.1, 0.5


@dataclass(frozen=True)
class Times:
    """How long every prediction took.

    Attributes:
        wall_s: ``(rounds, V)`` seconds.
        cpu_s: ``(rounds, V)`` seconds of all threads of this process together.
    """

    wall_s: NDArray[np.float64]
    cpu_s: NDArray[np.float64]


def time_in_turn(
    predictors: Sequence[Predictor],
    batches: Sequence[Images],
    rounds: int,
    warm_ups: int = WARM_UPS,
    advance: Callable[[], object] = bool,
) -> Times:
    """Predict one batch by every predictor, round by round; each round has an order and a batch of its own.

    Before each prediction, threads of the one before come to rest: those of ONNX Runtime stay awake for a while, which
    would count for its successor. Pixels are handed over and labels taken back in memory of the processor: copies to a
    GPU and back count.

    Args:
        predictors: V of them.
        batches: ``(B, H, W, C)`` each; round i takes number i, from the start again where there are fewer.
        rounds: How many are timed.
        warm_ups: Predictions of each before.
        advance: Called after every round.

    Raises:
        segcli.predict.predictor.PredictorError: If one is not for such images.
        segcli.export.description.ExportError: If a file refuses them.
    """
    for number in range(warm_ups):
        for each in predictors:
            timed(each, batches[number % len(batches)])
    order, found = np.random.default_rng(_SEED), np.zeros((2, rounds, len(predictors)))
    for number in range(rounds):
        for at in order.permutation(len(predictors)):
            _come_to_rest()
            found[:, number, at] = timed(predictors[at], batches[number % len(batches)])
        advance()
    return Times(found[0], found[1])


def timed(predictor: Predictor, images: Images) -> tuple[float, float]:
    """Return the seconds of one prediction by the clock, and of the processor in all threads of this process."""
    _wait_for(predictor.device)
    wall, cpu = time.perf_counter(), time.process_time()
    predictor.labels(images)
    _wait_for(predictor.device)
    return time.perf_counter() - wall, time.process_time() - cpu


def _come_to_rest() -> None:
    """Wait until no thread of this process is busy, half a second at most."""
    start = time.perf_counter()
    while (wall := time.perf_counter()) - start < _LONGEST_S:
        cpu = time.process_time()
        time.sleep(_PAUSE_S)
        if time.process_time() - cpu < _IDLE * (time.perf_counter() - wall):
            return


def _wait_for(device: str) -> None:
    """Wait until a GPU has done what it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)

"""Try batch sizes: which fit into memory, and how long an image takes.

Lightning's ``scale_batch_size`` tells neither times nor memory, and doubles on a CPU until the machine swaps. So each
size is trained for a few steps by a trainer and a model of its own.
"""

import gc
import itertools
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pytorch_lightning as pl
import torch

from segcli.callbacks.timing import peak_memory
from segcli.config.component import arguments_of
from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say
from segcli.experiment.errors.out_of_memory import is_out_of_memory
from segcli.experiment.instantiate import instantiate
from segcli.experiment.job import Job, call_trainer

SMALLEST = 2
"""Batch norms of pooled maps cannot train on one image."""
ALMOST = 0.95
"""Share of the best speed that is as good as the best."""


@dataclass(frozen=True)
class Trial:
    """A short training with one batch size.

    Attributes:
        batch_size: Images per batch.
        step_seconds: Median time of a step, loading included.
        images_per_second: What that makes.
        memory_gib: Highest memory in use so far: of the GPU, or else of this process.
    """

    batch_size: int
    step_seconds: float
    images_per_second: float
    memory_gib: float


class StepClock(pl.Callback):
    """Note when each step ended, epoch by epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[list[float]] = []

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the times of another epoch."""
        self.epochs.append([])

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        """Note the time, once the device is done."""
        if trainer.strategy.root_device.type != "cpu":
            torch.accelerator.synchronize(trainer.strategy.root_device)
        self.epochs[-1].append(time.perf_counter())

    def step_seconds(self) -> float:
        """Return the median time of a step, the first aside; starts of epochs count only if there is nothing else."""
        within = [b - a for ends in self.epochs for a, b in itertools.pairwise(ends)]
        ends = [end for ends in self.epochs for end in ends]
        return statistics.median(within or [b - a for a, b in itertools.pairwise(ends)])


def tune_batch_size(job: Job, largest: int, steps: int) -> dict[str, Any]:
    """Try rising sizes, print a table and what is suggested.

    Args:
        job: What is trained.
        largest: Images per batch, at least :data:`SMALLEST`.
        steps: Of each training.

    Returns:
        What is to be recorded.

    Raises:
        ConfigError: If the experiment cannot be trained, or not even the smallest batch fits.
    """
    trainer = job.cli.config.trainer
    trainer.max_steps, trainer.accumulate_grad_batches = steps, 1
    trainer.devices, trainer.num_nodes, trainer.strategy = 1, 1, "auto"
    trials: list[Trial] = []
    size, why = SMALLEST, ""
    say("batch size   ms per step   images/s   memory GiB")
    while not why:
        trial, images = _trial(job, size)
        if trial is None:
            why = f"{size} images do not fit into memory"
            break
        trials.append(trial)
        times = f"{trial.step_seconds * 1e3:11.1f}   {trial.images_per_second:8.1f}"
        say(f"{size:10}   {times}   {trial.memory_gib:10.2f}")
        why = _end(size, images, largest)
        size = min(2 * size, largest, images)
    if not trials:
        raise ConfigError([Problem(f"{why}; lower the size of crops in data.train_transforms, or the model")])
    best = suggested(trials)
    say(f"ended as {why}")
    say(f"batch size {best.batch_size}: the smallest within 5 % of the fastest")
    say(f"to use      --data.batch_size {best.batch_size}")
    say(f"or in YAML  data: {{batch_size: {best.batch_size}}}")
    return {"batch_size": best.batch_size, "ended": why, "trials": [asdict(trial) for trial in trials]}


def suggested(trials: Sequence[Trial]) -> Trial:
    """Return the smallest batch that is almost as fast per image as any."""
    fastest = max(trial.images_per_second for trial in trials)
    return next(trial for trial in trials if trial.images_per_second >= ALMOST * fastest)


def _end(size: int, images: int, largest: int) -> str:
    if size >= images:
        return f"there are {images} training images"
    return f"--max_batch_size is {largest}" if size >= largest else ""


def _trial(job: Job, size: int) -> tuple[Trial | None, int]:
    """Train a few steps; return what was measured, or None if it did not fit, and the number of training images."""
    clock, fits = StepClock(), [True]
    arguments_of(job.cli.config.data)["batch_size"] = size
    instantiate(job, [clock], load_weights=False)

    def fit(job: Job) -> None:
        try:
            job.cli.trainer.fit(job.cli.model, datamodule=job.cli.datamodule)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            fits[0] = False

    call_trainer(job, fit)
    images = len(job.cli.datamodule.datasets["train"])
    device = job.cli.trainer.strategy.root_device
    job.cli.trainer, job.cli.model = None, None  # type: ignore[assignment]  # the next trial needs the memory
    gc.collect()
    memory = peak_memory(device)
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    if not fits[0]:
        return None, images
    seconds = clock.step_seconds()
    return Trial(size, seconds, size / seconds, memory / 2**30), images

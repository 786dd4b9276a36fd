"""How long a training is and how far, for schedules and modules that change over it, and what is random in a step.

A module that wants to know has a buffer ``progress``: a float tensor without dimensions, not persistent. It is the
share of the run's optimizer steps that is behind, 0 to 1, before every step, and follows from the step alone: a run
that was resumed tells the same.
"""

import math
import os

import numpy as np
import pytorch_lightning as pl
import torch
from torch import nn

_LONG_RUN = 1_000_000
"""Steps that a schedule is told in ``trainer.fast_dev_run``, whose few steps no warm-up fits into."""


def run_length(trainer: pl.Trainer) -> tuple[float, float]:
    """Return the optimizer steps of a training, infinite where it has no end, and those of one epoch."""
    smoke = trainer.fast_dev_run  # type: ignore[attr-defined]  # set in the trainer's constructor, not declared
    total = _LONG_RUN if smoke else trainer.estimated_stepping_batches
    return total, trainer.num_training_batches / trainer.accumulate_grad_batches


def tell_progress(model: nn.Module, trainer: pl.Trainer) -> None:
    """Fill the buffers ``progress`` of a model; 0 in a run without an end."""
    buffers = [each for name, each in model.named_buffers() if name.rpartition(".")[2] == "progress"]
    if not buffers:
        return
    total = trainer.estimated_stepping_batches
    share = trainer.global_step / total if total and not math.isinf(total) else 0.0
    for each in buffers:
        each.fill_(min(share, 1.0))


def seed_step(trainer: pl.Trainer, batch_idx: int) -> None:
    """Let what is random in the model follow from (seed, epoch, batch, device), also in a run that was resumed."""
    if seed := os.environ.get("PL_GLOBAL_SEED"):
        place = (int(seed), trainer.current_epoch, batch_idx, trainer.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0]))

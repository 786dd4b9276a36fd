"""The contracts of optimizers and learning-rate schedules."""

from collections.abc import Iterable
from typing import Protocol

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class OptimizerFactory(Protocol):
    """An optimizer class with its arguments, which still waits for the parameters."""

    def __call__(self, params: Iterable[nn.Parameter]) -> Optimizer:
        """Build the optimizer for these parameters."""


class ScheduleFactory(Protocol):
    """A schedule class with its arguments, which still waits for optimizer and length of the run."""

    def __call__(self, optimizer: Optimizer, total_steps: int) -> LRScheduler:
        """Build the schedule of ``total_steps`` optimizer steps, stepped once after each."""

"""The contracts of optimizers and learning-rate schedules."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class OptimizerFactory(Protocol):
    """An optimizer class with its arguments, which still waits for the parameters."""

    def __call__(self, params: Iterable[nn.Parameter] | Iterable[dict[str, Any]]) -> Optimizer:
        """Build the optimizer for these parameters, or groups of them."""


class ScheduleFactory(Protocol):
    """A schedule class with its arguments, which still waits for optimizer and length of the run.

    Beyond its steps, a schedule may ask for more: see :class:`EpochSchedule`, :class:`MetricSchedule` and
    :class:`KnownSchedule`. All of its state that the arguments do not give is in its ``state_dict``.
    """

    def __call__(self, optimizer: Optimizer, total_steps: int) -> LRScheduler:
        """Build the schedule of ``total_steps`` optimizer steps, stepped once after each."""


@runtime_checkable
class EpochSchedule(Protocol):
    """A schedule that counts in epochs.

    Attributes:
        steps_per_epoch: Optimizer steps of an epoch, on this number of devices; set before the first step.
    """

    steps_per_epoch: int


@runtime_checkable
class MetricSchedule(Protocol):
    """A schedule that follows a metric.

    Attributes:
        monitor: Name of a metric that is logged at the end of a validation.
    """

    monitor: str

    def observe(self, value: float) -> None:
        """Take the metric of one validation into account, before checkpoints are written that hold the weights."""


@runtime_checkable
class KnownSchedule(Protocol):
    """A schedule whose future is known, so that it can be drawn."""

    def lr_at(self, step: int) -> Sequence[float]:
        """Return the learning rate of each group at a step, counted from 0, and change nothing."""

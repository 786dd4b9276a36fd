"""What learning-rate schedules over a fixed number of steps share."""

from abc import ABC, abstractmethod
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

SHARE_OF_SHORT_RUN = 0.1
"""Of a run that is shorter than its warm-up, what the warm-up takes: to shorten a run needs no second key."""


class WarmupSchedule(LRScheduler, ABC):
    """Multiply learning rates by a decay from 1, laid over a linear warm-up.

    At step i, counted from 0, the factor is ``min(1, (i + 1) / warmup_steps) * decay(i / total_steps)``.

    Args:
        optimizer: Its groups' learning rates are the top of the schedule.
        total_steps: Optimizer steps of the run; later steps keep the last factor.
        warmup_steps: Optimizer steps of the warm-up, 0 for none; cut to a tenth of a run that is shorter.

    Attributes:
        warmup_steps: As they are taken.
        wanted_warmup_steps: As they were given.

    Raises:
        ValueError: If there is no step, the warm-up is negative, or the optimizer has no learning rate.
    """

    def __init__(self, optimizer: Optimizer, total_steps: int, warmup_steps: int) -> None:
        name = type(self).__name__
        if total_steps < 1:
            raise ValueError(f"{name} got total_steps {total_steps}, expected at least 1; train for longer.")
        if warmup_steps < 0:
            raise ValueError(f"{name} got warmup_steps {warmup_steps}, expected 0 or more; 0 for none.")
        if any(group["lr"] is None for group in optimizer.param_groups):
            raise ValueError(
                f"{name} got {type(optimizer).__name__} with lr null, which chooses its own learning rate, expected a "
                "number; set model.optimizer.lr, or model.schedule to null."
            )
        self.total_steps, self.wanted_warmup_steps = total_steps, warmup_steps
        self.warmup_steps = warmup_steps if warmup_steps <= total_steps else int(SHARE_OF_SHORT_RUN * total_steps)
        super().__init__(optimizer)

    @abstractmethod
    def decay(self, progress: float) -> float:
        """Return the factor, 0 to 1, for a progress of 0 (start) to 1 (end of the run)."""

    def lr_at(self, step: int) -> list[Any]:
        """Return the learning rate of each group at a step, counted from 0."""
        warmup = min(1.0, (step + 1) / max(1, self.warmup_steps))
        factor = warmup * self.decay(min(1.0, step / self.total_steps))
        return [base * factor for base in self.base_lrs]

    def get_lr(self) -> list[Any]:
        """Return the learning rate of each group at the current step."""
        return self.lr_at(self.last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return where the schedule stands; its shape stays with the experiment, so that a longer run can resume."""
        state = super().state_dict()
        return {key: state[key] for key in ("base_lrs", "last_epoch", "_step_count", "_last_lr")}

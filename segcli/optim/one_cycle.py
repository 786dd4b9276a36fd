"""One cycle of learning rate and momentum (Smith and Topin, 2018), https://arxiv.org/abs/1708.07120.

The shape of ``torch.optim.lr_scheduler.OneCycleLR``: two half cosines, not the paper's three lines. Unlike there, the
top is the optimizer's own learning rate, and one without momentum is left alone.
"""

import math
from typing import Any

from torch.optim import Optimizer

from segcli.optim.warmup_schedule import WarmupSchedule


class OneCycle(WarmupSchedule):
    """Let learning rates rise along half a cosine and fall along another to almost 0, the momentum against them.

    Args:
        optimizer: Its groups' learning rates are the top of the schedule.
        total_steps: Optimizer steps of the run; later steps keep the last factor.
        rise: Share of the run in which the learning rate rises, between 0 and 1.
        start_divisor: Top over first learning rate, at least 1.
        end_divisor: First over last learning rate, at least 1.
        momentum: Lowest, at the top, and highest momentum (SGD) or first beta (Adam), 0 to 1; null keeps it as it is.
        warmup_steps: Optimizer steps of a further linear warm-up, laid over the rise; 0 for none.

    Raises:
        ValueError: If a number is out of range, there is no step, or the warm-up is negative.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_steps: int,
        rise: float = 0.3,
        start_divisor: float = 25.0,
        end_divisor: float = 1e4,
        momentum: tuple[float, float] | None = (0.85, 0.95),
        warmup_steps: int = 0,
    ) -> None:
        if not 0 < rise < 1:
            raise ValueError(f"OneCycle got rise {rise}, expected a share of the run between 0 and 1; 0.3 is usual.")
        if min(start_divisor, end_divisor) < 1:
            raise ValueError(
                f"OneCycle got start_divisor {start_divisor} and end_divisor {end_divisor}, expected at least 1; "
                "25 and 1e4 are usual."
            )
        if momentum is not None and not 0 <= momentum[0] <= momentum[1] < 1:
            raise ValueError(
                f"OneCycle got momentum {list(momentum)}, expected lowest and highest, from 0 to below 1; "
                "null keeps the optimizer's."
            )
        self.rise, self.momentum = rise, momentum
        self.start, self.end = 1 / start_divisor, 1 / (start_divisor * end_divisor)
        super().__init__(optimizer, total_steps, warmup_steps)

    def decay(self, progress: float) -> float:
        """Return ``1 / start_divisor`` at the start, 1 at the top, and almost 0 at the end."""
        rising, share = self._phase(progress)
        return _cosine(self.start, 1.0, share) if rising else _cosine(1.0, self.end, share)

    def step(self, epoch: int | None = None) -> None:
        """Go on by one step, and set the momentum."""
        super().step(epoch)
        if self.momentum is None:
            return
        low, high = self.momentum
        rising, share = self._phase(min(1.0, self.last_epoch / self.total_steps))
        value = _cosine(high, low, share) if rising else _cosine(low, high, share)
        for group in self.optimizer.param_groups:
            group.update(_with_momentum(group, value))

    def _phase(self, progress: float) -> tuple[bool, float]:
        """Return whether the rate rises, and how far it has got with that, 0 to 1."""
        # as in torch, the top is one step before `rise`, and the end at the last step, not after it
        step, top, last = progress * self.total_steps, self.rise * self.total_steps - 1, self.total_steps - 1
        if step < top:
            return True, step / top
        return False, min(1.0, (step - max(0.0, top)) / max(1.0, last - max(0.0, top)))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _with_momentum(group: dict[str, Any], value: float) -> dict[str, Any]:
    """Return what changes in the options of a group; nothing where it has no momentum."""
    if "betas" in group:
        return {"betas": (value, *group["betas"][1:])}
    return {"momentum": value} if "momentum" in group else {}

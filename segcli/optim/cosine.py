"""Half a cosine of the learning rate (Loshchilov and Hutter, 2017), https://arxiv.org/abs/1608.03983, no restarts."""

import math

from torch.optim import Optimizer

from segcli.optim.warmup_schedule import WarmupSchedule


class Cosine(WarmupSchedule):
    """Decay learning rates along half a cosine, stepped after every optimizer step.

    Args:
        optimizer: Its groups' learning rates are the top of the schedule.
        total_steps: Optimizer steps of the run; later steps keep the last factor.
        warmup_steps: Optimizer steps over which the learning rate rises linearly, laid over the decay; 0 for none.
        min_factor: Factor at the end of the run, 0 to 1.

    Raises:
        ValueError: If ``min_factor`` is out of range, there is no step, or the warm-up is negative.
    """

    def __init__(self, optimizer: Optimizer, total_steps: int, warmup_steps: int = 0, min_factor: float = 0.0) -> None:
        if not 0 <= min_factor <= 1:
            raise ValueError(f"Cosine got min_factor {min_factor}, expected 0 to 1; 0 ends at a learning rate of 0.")
        self.min_factor = min_factor
        super().__init__(optimizer, total_steps, warmup_steps)

    def decay(self, progress: float) -> float:
        """Return 1 at the start, ``min_factor`` at the end."""
        return self.min_factor + (1 - self.min_factor) * (1 + math.cos(math.pi * progress)) / 2

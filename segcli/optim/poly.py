"""Polynomial decay of the learning rate, as DeepLab (Chen et al., 2017) uses it, https://arxiv.org/abs/1606.00915."""

from torch.optim import Optimizer

from segcli.optim.warmup_schedule import WarmupSchedule


class Poly(WarmupSchedule):
    """Decay learning rates by ``(1 - step / total_steps) ** power``, stepped after every optimizer step.

    Args:
        optimizer: Its groups' learning rates are the top of the schedule.
        total_steps: Optimizer steps of the run; later steps keep the last factor.
        power: Exponent above 0; 1 is linear, less stays high for longer.
        warmup_steps: Optimizer steps over which the learning rate rises linearly, laid over the decay; 0 for none.

    Raises:
        ValueError: If ``power`` is not above 0, there is no step, or the warm-up is negative.
    """

    def __init__(self, optimizer: Optimizer, total_steps: int, power: float = 0.9, warmup_steps: int = 0) -> None:
        if power <= 0:
            raise ValueError(f"Poly got power {power}, expected a number above 0; 0.9 is usual.")
        self.power = power
        super().__init__(optimizer, total_steps, warmup_steps)

    def decay(self, progress: float) -> float:
        """Return 1 at the start, 0 at the end."""
        return (1 - progress) ** self.power

"""Learning rate in steps at chosen points, as ResNet (He et al., 2016) has it, https://arxiv.org/abs/1512.03385."""

from torch.optim import Optimizer

from segcli.optim.warmup_schedule import WarmupSchedule


class MultiStep(WarmupSchedule):
    """Multiply learning rates by ``gamma`` at shares of the run, whatever its epochs, batch size and devices.

    Args:
        optimizer: Its groups' learning rates are the top of the schedule.
        total_steps: Optimizer steps of the run; later steps keep the last factor.
        milestones: Shares of the run, rising, each above 0 and below 1.
        gamma: Factor of each drop, above 0 and up to 1.
        warmup_steps: Optimizer steps over which the learning rate rises linearly, laid over the decay; 0 for none.

    Raises:
        ValueError: If a number is out of range, there is no step, or the warm-up is negative.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_steps: int,
        milestones: tuple[float, ...] = (0.6, 0.85),
        gamma: float = 0.1,
        warmup_steps: int = 0,
    ) -> None:
        if list(milestones) != sorted(set(milestones)) or not all(0 < share < 1 for share in milestones):
            raise ValueError(
                f"MultiStep got milestones {list(milestones)}, expected rising shares of the run between 0 and 1; "
                "divide epochs by trainer.max_epochs."
            )
        if not 0 < gamma <= 1:
            raise ValueError(f"MultiStep got gamma {gamma}, expected a factor above 0 and up to 1; 0.1 is usual.")
        self.milestones, self.gamma = tuple(milestones), gamma
        super().__init__(optimizer, total_steps, warmup_steps)

    def decay(self, progress: float) -> float:
        """Return 1 at the start, then ``gamma`` to the number of milestones reached."""
        return self.gamma ** sum(share <= progress for share in self.milestones)

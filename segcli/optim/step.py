"""Learning rate in equal steps, as torch's tutorials have it with ``StepLR``, but after a number of epochs."""

from torch.optim import Optimizer

from segcli.optim.warmup_schedule import WarmupSchedule


class Step(WarmupSchedule):
    """Multiply learning rates by ``gamma`` after every few epochs, as ``torch.optim.lr_scheduler.StepLR`` does.

    Args:
        optimizer: Its groups' learning rates are the top of the schedule.
        total_steps: Optimizer steps of the run.
        every_epochs: Epochs between two drops, above 0; may be a fraction.
        gamma: Factor of each drop, above 0 and up to 1.
        warmup_steps: Optimizer steps over which the learning rate rises linearly, laid over the decay; 0 for none.

    Raises:
        ValueError: If a number is out of range, there is no step, or the warm-up is negative.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_steps: int,
        every_epochs: float = 10.0,
        gamma: float = 0.1,
        warmup_steps: int = 0,
    ) -> None:
        if every_epochs <= 0:
            raise ValueError(f"Step got every_epochs {every_epochs}, expected a number above 0.")
        if not 0 < gamma <= 1:
            raise ValueError(f"Step got gamma {gamma}, expected a factor above 0 and up to 1; 0.1 is usual.")
        self.every_epochs, self.gamma = every_epochs, gamma
        self.steps_per_epoch = total_steps  # until it is known
        super().__init__(optimizer, total_steps, warmup_steps)

    def decay(self, progress: float) -> float:
        """Return 1 at the start, then ``gamma`` to the number of drops so far."""
        step = round(progress * self.total_steps)
        return self.gamma ** (step // max(1, round(self.every_epochs * self.steps_per_epoch)))

"""Lower the learning rate when a metric has stopped improving, as ``torch.optim.lr_scheduler.ReduceLROnPlateau``.

Unlike there it has a warm-up, and its floor is a share of each group's own learning rate. It is told of each validation
before checkpoints are written; Lightning tells torch's only afterwards, so that a resumed run forgets one.
"""

import math
from typing import Any, Literal

from torch.optim import Optimizer

from segcli.optim.warmup_schedule import WarmupSchedule
from segcli.score_spec import find_score


class Plateau(WarmupSchedule):
    """Multiply learning rates by ``factor`` when a metric has not improved for more than ``patience`` validations.

    Args:
        optimizer: Its groups' learning rates are the top of the schedule.
        total_steps: Optimizer steps of the run.
        monitor: Name of a metric logged by the validation.
        mode: Whether less of it is better, or more; null follows the metric.
        factor: Factor of each drop, above 0 and below 1.
        patience: Validations without improvement that are put up with.
        threshold: What counts as improvement: more than this share of the best value so far.
        cooldown: Validations after a drop in which nothing is counted.
        min_factor: Lowest factor, 0 to 1.
        warmup_steps: Optimizer steps over which the learning rate rises linearly; 0 for none.

    Raises:
        ValueError: If a number is out of range, there is no step, or the mode of an unknown metric is not given.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_steps: int,
        monitor: str = "val/mIoU",
        mode: Literal["min", "max"] | None = None,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        min_factor: float = 0.0,
        warmup_steps: int = 0,
    ) -> None:
        if not 0 < factor < 1 or not 0 <= min_factor <= 1:
            raise ValueError(
                f"Plateau got factor {factor} and min_factor {min_factor}, expected a factor between 0 and 1 and a "
                "lowest from 0 to 1; 0.1 and 0 are usual."
            )
        if min(patience, threshold, cooldown) < 0:
            raise ValueError(
                f"Plateau got patience {patience}, threshold {threshold} and cooldown {cooldown}, expected 0 or more."
            )
        score = find_score(monitor)
        if mode is None and score is None:
            raise ValueError(
                f"Plateau got monitor {monitor!r} without a mode, expected min if lower is better, or max."
            )
        self.monitor, self.mode = monitor, mode or (score.spec.mode if score is not None else None)
        self.factor, self.min_factor = factor, min_factor
        self.patience, self.threshold, self.cooldown = patience, threshold, cooldown
        self.reduction, self.best = 1.0, math.inf if self.mode == "min" else -math.inf
        self.bad_validations = self.cooling_validations = 0
        super().__init__(optimizer, total_steps, warmup_steps)

    def decay(self, progress: float) -> float:
        """Return the product of the drops so far: what comes is not known."""
        return self.reduction

    def observe(self, value: float) -> None:
        """Count one validation, and drop the learning rates if it was one too many."""
        self.bad_validations += 1
        if self._is_better(value):
            self.best, self.bad_validations = value, 0
        if self.cooling_validations > 0:
            self.cooling_validations, self.bad_validations = self.cooling_validations - 1, 0
        if self.bad_validations > self.patience:
            self.reduction = max(self.min_factor, self.reduction * self.factor)
            self.bad_validations, self.cooling_validations = 0, self.cooldown
            for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
                group["lr"] = lr
            self._last_lr = self.get_lr()

    def _is_better(self, value: float) -> bool:
        if self.mode == "min":
            return value < self.best * (1 - self.threshold)
        return value > self.best * (1 + self.threshold)

    def state_dict(self) -> dict[str, Any]:
        """Return where the schedule stands, and what it has seen of the metric."""
        seen = ("reduction", "best", "bad_validations", "cooling_validations")
        return super().state_dict() | {key: getattr(self, key) for key in seen}

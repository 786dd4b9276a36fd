"""What a training writes to its loggers, and when.

Lightning's own log costs about a millisecond in every step; this costs only when something is written. Values stand
under the optimizer steps until now and the epoch from 1: Lightning counts epochs from 0, and steps of a validation one
lower than those of the training.
"""

from collections.abc import Callable, Mapping

import pytorch_lightning as pl


class StepLog:
    """Write every ``log_every_n_steps`` optimizer steps, once for each.

    Attributes:
        last_step: The optimizer step that was written last.
    """

    def __init__(self) -> None:
        self.last_step = 0

    def write_step(self, trainer: pl.Trainer, losses: Callable[[], Mapping[str, float]], at_end: bool = False) -> None:
        """Write the mean losses since the last time and the learning rate, if it is time.

        Args:
            trainer: That of the run.
            losses: Returns the means, by name, and begins others.
            at_end: Whether the training is over: a run may be shorter than ``log_every_n_steps``.
        """
        every = getattr(trainer, "log_every_n_steps", 0)
        if not every or trainer.global_step == self.last_step or (trainer.global_step % every and not at_end):
            return
        self.last_step = trainer.global_step
        means = {f"train/{name}": mean for name, mean in losses().items()}
        write(trainer, {**means, "lr": trainer.optimizers[0].param_groups[0]["lr"]}, at_end)


def write(trainer: pl.Trainer, values: Mapping[str, float], at_end: bool = False) -> None:
    """Write values of a training, but for those of the sanity check.

    Args:
        trainer: That of the run.
        values: By name.
        at_end: Whether the training is over, and its epoch counted already.
    """
    if trainer.sanity_checking:
        return
    epoch = trainer.current_epoch + (not at_end)
    for logger in trainer.loggers:
        logger.log_metrics({**values, "epoch": epoch}, step=trainer.global_step)

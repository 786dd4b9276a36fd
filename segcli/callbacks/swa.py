"""Stochastic weight averaging (Izmailov et al., 2018), https://arxiv.org/abs/1803.05407, algorithm 1.

Deviations: the learning rate is left to ``model.schedule``. Running statistics of norms are averaged with the weights;
the paper computes them anew in a pass over the training data, which would be needed before every validation here.
"""

import math
import sys
from typing import Any

import pytorch_lightning as pl

from segcli.callbacks.averaging import Averaging
from segcli.config.output import say
from segcli.sample import Batch


class SWA(Averaging):
    """Evaluate and save the mean of the weights at the end of each of the last epochs.

    ``last.ckpt`` holds it; ``best.ckpt`` does if it is from one of those epochs, and else the weights themselves.
    Running statistics of norms are averaged likewise. Of a run that is made longer, the end of its new length counts: a
    mean that began too early begins anew. It needs a learning rate that does not vanish in those epochs, as
    with ``model.schedule: null`` or ``Cosine`` with ``min_factor: 0.2``.

    Args:
        start: Share of the run, 0 to below 1, after which the weights at the end of each epoch count.

    Raises:
        ValueError: If ``start`` is out of range, or the length of the run is not known.
    """

    def __init__(self, start: float = 0.75) -> None:
        super().__init__()
        if not 0 <= start < 1:
            raise ValueError(f"SWA got start {start}, expected a share of the run, from 0 to below 1.")
        self.start = start
        self._first_step = 0.0
        self._began_after: float | None = None
        self._ends_epoch = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Find the step to start after."""
        total = trainer.estimated_stepping_batches
        if math.isinf(total):
            raise ValueError("SWA needs the length of the run; set trainer.max_epochs or trainer.max_steps")
        self._first_step = self.start * total
        if self._began_after is not None and self._began_after < self._first_step and self.num_averaged:
            self.begin_anew()
            if trainer.is_global_zero:
                step = trainer.global_step
                say(f"SWA: the run is longer now, the mean begins anew after step {step}", file=sys.stderr)

    def state_dict(self) -> dict[str, Any]:
        """Return when the last updates were, and after which step the mean begins."""
        return {**super().state_dict(), "first_step": self._first_step}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over when the last updates were, and after which step the mean began; 0.4.0 did not say."""
        super().load_state_dict(state_dict)
        self._began_after = state_dict.get("first_step")

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: Batch, batch_idx: int
    ) -> None:
        """Update after the last batch of an epoch, before its validation."""
        self._ends_epoch = trainer.is_last_batch
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)  # type: ignore[arg-type]

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """Return whether to update after an optimizer step, counted from 0."""
        return step_idx is not None and self._ends_epoch and step_idx + 1 > self._first_step

    def share(self, num_averaged: int) -> float:
        """Return the share, 0 to 1, of new weights in the average."""
        return 1 / (num_averaged + 1)

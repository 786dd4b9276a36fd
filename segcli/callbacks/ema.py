"""Exponential moving average of the weights, as Polyak averaging has been used since Inception.

Szegedy et al., 2016, https://arxiv.org/abs/1512.00567, section 8. The warm-up of the decay is that of
``tf.train.ExponentialMovingAverage`` with ``num_updates``: min(decay, (1 + n) / (10 + n)) at update n.
"""

from segcli.callbacks.averaging import Averaging


class EMA(Averaging):
    """Evaluate and save an exponential moving average of the weights.

    Checkpoints hold it from its first update on; ``best.ckpt`` from before that holds the weights themselves. Running
    statistics of norms are averaged likewise. The learning of the weights is not changed.

    Args:
        decay: Share of the old average in the new one, 0 to below 1; 0.999 averages over about 1000 updates.
        decay_warmup: Whether the decay grows with the number of updates, so that short runs outgrow their start.
        start_step: Optimizer step, counted from 0, after which the average begins.
        every_n_steps: Optimizer steps from one update to the next.

    Raises:
        ValueError: If a number is out of range.
    """

    def __init__(
        self, decay: float = 0.999, decay_warmup: bool = True, start_step: int = 0, every_n_steps: int = 1
    ) -> None:
        super().__init__()
        if not 0 <= decay < 1:
            raise ValueError(f"EMA got decay {decay}, expected 0 to below 1.")
        if start_step < 0 or every_n_steps < 1:
            raise ValueError(
                f"EMA got start_step {start_step} and every_n_steps {every_n_steps}, expected at least 0 and 1."
            )
        self.decay, self.decay_warmup = decay, decay_warmup
        self.start_step, self.every_n_steps = start_step, every_n_steps

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """Return whether to update after an optimizer step, counted from 0."""
        return step_idx is not None and step_idx >= self.start_step and (step_idx + 1) % self.every_n_steps == 0

    def share(self, num_averaged: int) -> float:
        """Return the share, 0 to 1, of new weights in the average."""
        warm = (1 + num_averaged) / (10 + num_averaged) if self.decay_warmup else 1.0
        return 1 - min(self.decay, warm)

"""Averages of the weights over training, which are evaluated and saved in place of the last weights.

Lightning's ``WeightAveraging`` keeps and exchanges them. Deviations: until the first update the weights themselves are
evaluated and saved, not those that training began with; only what a checkpoint holds is exchanged for a validation, so
that metrics go on counting; integers, such as numbers of batches, are those of the last weights; the average is kept
where the model is; all of the state is saved, so that a resumed run ends like one that was not interrupted. So
``best.ckpt`` holds the weights themselves if the best validation came before the first update; the end of the run says
so.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint, WeightAveraging
from torch import Tensor

from segcli.config.output import say
from segcli.inference.checkpoint import CheckpointError, read_checkpoint
from segcli.private_names import copy_all, lerp_all


def check_single_average(callbacks: Iterable[object]) -> None:
    """Refuse a second average: each would exchange the other's weights for a validation, and none is the model's.

    Raises:
        ValueError: If more than one callback averages weights, Lightning's own included.
    """
    names = [type(callback).__name__ for callback in callbacks if isinstance(callback, WeightAveraging)]
    if len(names) > 1:
        raise ValueError(
            f"trainer.callbacks got {' and '.join(names)}, expected at most one that averages weights, since each "
            "would exchange what the other keeps; keep one."
        )


class Averaging(WeightAveraging, ABC):
    """Average weights and statistics of norms; evaluate and save the average, keep the weights for resuming."""

    def __init__(self) -> None:
        super().__init__(use_buffers=True, multi_avg_fn=self._average)

    @property
    def num_averaged(self) -> int:
        """How many weights the average is of."""
        return int(self._average_model.n_averaged) if self._average_model is not None else 0

    @abstractmethod
    def share(self, num_averaged: int) -> float:
        """Return the share, 0 to 1, of new weights in the average, which is of at least one before."""

    def begin_anew(self) -> None:
        """Forget what was averaged: the next weights are the first."""
        assert self._average_model is not None
        self._average_model.n_averaged.zero_()

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Make the average.

        Raises:
            ValueError: If another callback averages weights too.
        """
        check_single_average(trainer.callbacks)  # type: ignore[attr-defined]  # set in its constructor, not declared
        super().setup(trainer, pl_module, stage)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Put the average where the model is by now; its count stays on the CPU, where reading it waits for nothing.

        Raises:
            ValueError: If weights have 16 bits only.
        """
        types = {p.dtype for p in pl_module.parameters() if p.dtype.is_floating_point and p.dtype.itemsize < 4}
        if types:
            raise ValueError(
                f"{type(self).__name__} got weights of {', '.join(map(str, types))}, expected 32 bits, since small "
                "changes of an average get lost in 16; set trainer.precision to bf16-mixed or 16-mixed."
            )
        assert self._average_model is not None
        self._average_model.module.to(pl_module.device)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave the weights as they are for checkpoints that other callbacks write now."""

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Make the average the model's weights, for what follows in this process; say which checkpoint lacks it."""
        self._copy_average_to_current(pl_module)
        lack = self._lack(trainer) if trainer.is_global_zero else None
        if lack is not None:
            say(f"{type(self).__name__}: {lack}", file=sys.stderr)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Let go of the average: a later evaluation takes the weights that it is given."""
        self._average_model = None

    def state_dict(self) -> dict[str, Any]:
        """Return when the last updates were."""
        return {**super().state_dict(), "latest_update_epoch": self._latest_update_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over when the last updates were."""
        super().load_state_dict(state_dict)
        self._latest_update_epoch = state_dict["latest_update_epoch"]

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Save the average as the model's weights, if there is one yet, and the weights beside it."""
        if self._average_model is None:
            return
        weights = checkpoint["state_dict"]
        super().on_save_checkpoint(trainer, pl_module, checkpoint)
        if not self.num_averaged:
            checkpoint["state_dict"] = weights

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Resume weights and average; an evaluation has loaded the average, and needs no more."""
        if self._average_model is not None:
            super().on_load_checkpoint(trainer, pl_module, checkpoint)

    def _lack(self, trainer: pl.Trainer) -> str | None:
        """Return what the checkpoints do not hold, if one lacks the average."""
        if trainer.fast_dev_run:  # type: ignore[attr-defined]  # set in the trainer's constructor, not declared
            return None
        if not self.num_averaged:
            return "the run ended before the average began; the checkpoints hold the weights themselves"
        callback = trainer.checkpoint_callback
        if not isinstance(callback, ModelCheckpoint) or callback.save_weights_only or not callback.best_model_path:
            return None
        best = Path(callback.best_model_path)
        try:
            state = read_checkpoint(best).get("averaging_state", {})
        except CheckpointError:  # moved away meanwhile, or written in another format
            return None
        if int(state.get("n_averaged", 0)):
            return None
        return f"{best.name} is from before the average began, and holds the weights themselves; last.ckpt holds it"

    @torch.no_grad()
    def _average(self, averages: list[Tensor], currents: list[Tensor], _num_averaged: Tensor | int) -> None:
        """Update averages of one type in place."""
        if averages[0].is_floating_point():
            lerp_all(averages, currents, self.share(self.num_averaged))
        else:
            copy_all(averages, currents)

    def _pairs(self, pl_module: pl.LightningModule) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield averages with what they are of; nothing before the first update."""
        if self._average_model is not None and self.num_averaged:
            current = pl_module.state_dict()
            for name, average in self._average_model.module.state_dict().items():
                yield average, current[name]

    def _swap_models(self, pl_module: pl.LightningModule) -> None:
        for average, current in self._pairs(pl_module):
            kept = average.clone()
            average.copy_(current)
            current.copy_(kept)

    def _copy_average_to_current(self, pl_module: pl.LightningModule) -> None:
        for average, current in self._pairs(pl_module):
            current.copy_(average)

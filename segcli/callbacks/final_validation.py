"""A validation at the end of every training, wherever its last step lies between those that were planned."""

from typing import Any

import pytorch_lightning as pl

from segcli.callbacks.best_checkpoint import BestCheckpoint
from segcli.callbacks.last_checkpoint import LastCheckpoint
from segcli.private_names import accumulates, may_stop_early

VALIDATED_STEP = "segcli_validated_step"


class FinalValidation(pl.Callback):
    """Validate after the last step, so that weights that were trained are measured, and can be the best.

    ``max_steps``, ``max_time``, limits of batches, an interval of validations or early stopping may end a run in the
    middle of an epoch, or between two validations. Where the end is seen in its last batch, Lightning is asked for a
    validation there, from which a longer run can resume; else it follows the last epoch.
    """

    def __init__(self) -> None:
        super().__init__()
        self._validated_step = 0
        self._asked: tuple[bool, int | None] | None = None

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Keep the step that was validated last."""
        checkpoint[VALIDATED_STEP] = self._validated_step

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Know of a resumed run whether its last step was validated."""
        self._validated_step = checkpoint.get(VALIDATED_STEP, 0)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        """Ask for a validation if no other batch follows."""
        if not trainer.enable_validation or not _is_last(trainer):
            return
        _best(trainer).ends = True
        self._asked = trainer.should_stop, trainer.check_val_every_n_epoch
        trainer.should_stop = True  # with an epoch that is validated, this makes Lightning validate
        if trainer.check_val_every_n_epoch is not None:
            trainer.check_val_every_n_epoch = 1

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note the step; take back what was asked for, before the state is saved."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self._validated_step = trainer.global_step
            self._take_back(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take back what was asked for, where it had no effect."""
        self._take_back(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Validate where the end was not seen before the last epoch had ended."""
        if self._validated_step == trainer.global_step or not trainer.enable_validation:
            return
        progress = trainer.fit_loop.epoch_progress.current
        progress.completed -= 1  # the epoch that has just ended is meant
        _validate(trainer)
        for callback in trainer.callbacks:  # type: ignore[attr-defined]  # set in its constructor
            if isinstance(callback, BestCheckpoint):
                callback.on_train_end(trainer, pl_module)
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            if isinstance(callback, LastCheckpoint):
                callback.save(trainer)
        progress.completed += 1

    def _take_back(self, trainer: pl.Trainer) -> None:
        if self._asked is not None:
            trainer.should_stop, trainer.check_val_every_n_epoch = self._asked
            self._asked = None


def _is_last(trainer: pl.Trainer) -> bool:
    """Return whether the run ends with the batch that was just trained on."""
    if accumulates(trainer):
        return False
    by_steps = 0 <= trainer.max_steps <= trainer.global_step
    stops = trainer.should_stop and may_stop_early(trainer)
    epochs = trainer.max_epochs
    by_epochs = trainer.is_last_batch and epochs is not None and 0 <= epochs <= trainer.current_epoch + 1
    return by_steps or stops or by_epochs


def _best(trainer: pl.Trainer) -> BestCheckpoint:
    found = (callback for callback in trainer.checkpoint_callbacks if isinstance(callback, BestCheckpoint))
    return next(found)


def _validate(trainer: pl.Trainer) -> None:
    """Run the validation of a training, as Lightning does within an epoch."""
    loop = trainer.fit_loop.epoch_loop
    trainer.validating = True
    loop.val_loop.run()
    trainer.training = True

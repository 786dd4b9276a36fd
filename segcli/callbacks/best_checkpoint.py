"""The checkpoint that a run is known by: that of its best validation, whatever its name and however many are kept."""

from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint

from segcli.callbacks.results import Results
from segcli.runs.run_folder import CHECKPOINTS


class BestCheckpoint(ModelCheckpoint):
    """Lightning's ModelCheckpoint, which says of each best file that it is, so that records are of what it holds.

    Attributes:
        ends: Whether the run ends with this epoch: then one checkpoint is kept at least, whatever the interval.
        is_alone: Whether no other checkpoint of the experiment has the name of its state.
    """

    ends = False
    is_alone = True

    @property
    def state_key(self) -> str:
        """The name of its state in checkpoints, that of 0.4.0 where it can be."""
        name = super().state_key
        return name.replace(BestCheckpoint.__name__, ModelCheckpoint.__name__, 1) if self.is_alone else name

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, also after the last validation of a run that ends within an epoch, before its state is saved."""
        super().on_validation_end(trainer, pl_module)
        if self.ends and not trainer.is_last_batch and not self._should_skip_saving_checkpoint(trainer):
            every = self._every_n_epochs
            if not self.best_model_path or (every >= 1 and (trainer.current_epoch + 1) % every == 0):
                self._save_topk_checkpoint(trainer, self._monitor_candidates(trainer))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, if it is time or the last chance."""
        super().on_train_epoch_end(trainer, pl_module)
        if self.ends:
            self._keep_one(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, if that was never done."""
        super().on_train_end(trainer, pl_module)
        self._keep_one(trainer)

    def _should_save_on_train_epoch_end(self, trainer: pl.Trainer) -> bool:
        """Return whether to wait for the end of the epoch; not with an interval of one batch, whose 1 equals 1.0."""
        if self._save_on_train_epoch_end is None and isinstance(trainer.val_check_interval, int):
            return False
        return super()._should_save_on_train_epoch_end(trainer)

    def _keep_one(self, trainer: pl.Trainer) -> None:
        validated = self.monitor is None or self.monitor in trainer.callback_metrics
        if validated and not self.best_model_path and not self._should_skip_saving_checkpoint(trainer):
            self._save_topk_checkpoint(trainer, self._monitor_candidates(trainer))

    def _save_checkpoint(self, trainer: pl.Trainer, filepath: str) -> None:
        """Write one file; before, tell the results if it is the best, so that it holds them."""
        if filepath == self.best_model_path:
            for callback in trainer.callbacks:  # type: ignore[attr-defined]  # set in its constructor
                if isinstance(callback, Results):
                    callback.keep(trainer, _within_run(trainer, filepath))
        super()._save_checkpoint(trainer, filepath)


def _within_run(trainer: pl.Trainer, file: str) -> str:
    """Return the path of a checkpoint below that folder of the run, or the whole path of one elsewhere."""
    folder = Path(trainer.default_root_dir).resolve() / CHECKPOINTS
    path = Path(file).resolve()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)

"""``last.ckpt``: the state that an interrupted run resumes from."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint, WeightAveraging

from segcli.config.escape import command
from segcli.config.output import say
from segcli.private_names import accumulates, forget_restart, validates_now
from segcli.program import program
from segcli.runs.run_folder import CHECKPOINTS, LAST
from segcli.runs.stop_signals import REQUEUE_SIGNAL, StopSignals, in_slurm_job, slurm_job

SIGNALS = (None, signal.SIGINT, signal.SIGTERM, REQUEUE_SIGNAL)
"""What may have been received; of several, that of one process beats those of others that stand before it."""
ENDS_EARLY = "segcli_ends_early"


class RunStopped(SystemExit):
    """A signal stopped the run after its state was written; ``code`` is 128 and the signal's number, as in shells."""


class LastCheckpoint(Checkpoint):
    """Write ``checkpoints/last.ckpt`` after every epoch, every few minutes, and before leaving on a signal.

    Ctrl-C and SIGTERM stop the run once the state is written: after the current batch, whose number the checkpoint
    holds. In a SLURM job SIGUSR1 does the same and puts the job back into the queue; ``#SBATCH --signal=USR1@90`` sends
    it 90 seconds before the time limit. A second Ctrl-C leaves at once.

    Args:
        every_minutes: Minutes between checkpoints within an epoch, above 0; null for none.
        every_n_steps: Optimizer steps between checkpoints within an epoch, at least 1; null for none.
        requeue: Whether a SLURM job is put back into the queue on SIGUSR1.

    Attributes:
        saved_step: Of the last checkpoint.
        trains_on: Whether a run that had ended, early or not, was told to train for longer.

    Raises:
        ValueError: If a number is out of range.
    """

    def __init__(
        self, every_minutes: float | None = 15.0, every_n_steps: int | None = None, requeue: bool = True
    ) -> None:
        super().__init__()
        if (every_minutes is not None and every_minutes <= 0) or (every_n_steps is not None and every_n_steps < 1):
            raise ValueError(
                f"last_checkpoint got every_minutes {every_minutes} and every_n_steps {every_n_steps}, expected above "
                "0 and at least 1; null for none"
            )
        self.every_minutes, self.every_n_steps, self.requeue = every_minutes, every_n_steps, requeue
        self.saved_step: int | None = None
        self.trains_on = False
        self._signals = StopSignals()
        self._saved_at = time.monotonic()
        self._in_validation = self._ends_early = self._ends_within_epoch = False

    @staticmethod
    def path(trainer: pl.Trainer) -> Path:
        """Return where the checkpoint is written."""
        return Path(trainer.default_root_dir) / CHECKPOINTS / LAST

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Listen to signals; begin an epoch where one has ended."""
        self._saved_at = time.monotonic()
        loop = trainer.fit_loop
        if loop.restarted_on_epoch_end:  # with max_steps Lightning would end that epoch again, and skip one
            loop.epoch_progress.increment_completed()
            loop.reset_restart_stage()
            forget_restart(trainer)
        trainer.should_stop = trainer.should_stop or (self._ends_early and not self.trains_on)
        if self.trains_on:
            for callback in trainer.early_stopping_callbacks:
                callback.wait_count = 0  # its patience had run out
        if not _is_smoke(trainer):
            self._signals.listen()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        """Save if it is time; not while gradients accumulate, nor where a validation or the epoch's end follows."""
        stop, due = self._agree(trainer)
        self._ends_within_epoch = trainer.global_step == trainer.max_steps and not trainer.is_last_batch
        if accumulates(trainer) or trainer.is_last_batch or not (stop or due or self._ends_within_epoch):
            return
        if validates_now(trainer):
            return
        self.save(trainer)
        if stop:
            self._stop(trainer)

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: object,
        batch: object,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Leave a validation on a signal; the run will resume with that validation.

        It is finished first on several devices, which see different numbers of batches, and with averaged weights,
        which are exchanged for its time.
        """
        averages = any(isinstance(callback, WeightAveraging) for callback in trainer.callbacks)  # type: ignore[attr-defined]
        if not self._signals.received or trainer.state.fn != "fit" or averages or trainer.world_size > 1:
            return
        self._in_validation = True
        self.save(trainer)
        self._stop(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save after a validation in the middle of an epoch; after one at its end, that end follows."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking and not trainer.is_last_batch:
            self.save(trainer)
            if self._agree(trainer)[0]:
                self._stop(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save what follows from this epoch, once all callbacks have seen its metrics.

        Where ``max_steps`` cuts an epoch short, what was saved at that step stays: a longer run resumes with the rest.
        """
        if self._ends_within_epoch and self.saved_step == trainer.global_step:
            return
        self.save(trainer)
        if self._agree(trainer)[0]:
            self._stop(trainer)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Let a run that was stopped in a validation begin that validation again; note if it was to end early."""
        checkpoint[ENDS_EARLY] = trainer.should_stop
        if self._in_validation:
            progress = checkpoint["loops"]["fit_loop"]["epoch_loop.val_loop.batch_progress"]
            for part in ("total", "current"):
                progress[part] = {**progress[part], "ready": 1, "started": 1, "processed": 0, "completed": 0}
            progress["is_last_batch"] = False

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """See whether the run was about to end, as by early stopping."""
        self._ends_early = checkpoint.get(ENDS_EARLY, False)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Give the signals back."""
        self._signals.release()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Give the signals back."""
        self._signals.release()

    def _agree(self, trainer: pl.Trainer) -> tuple[bool, bool]:
        """Return whether to stop and whether a checkpoint is due; all processes do the same, though clocks differ."""
        waited_s = time.monotonic() - self._saved_at
        by_time = self.every_minutes is not None and waited_s > 60 * self.every_minutes
        received = SIGNALS.index(self._signals.received)
        if trainer.world_size > 1:
            both = torch.tensor([received, by_time], device=trainer.strategy.root_device)
            torch.distributed.all_reduce(both, torch.distributed.ReduceOp.MAX)
            received, by_time = both.tolist()
            self._signals.received = SIGNALS[received]
        by_step = self.every_n_steps is not None and trainer.global_step % self.every_n_steps == 0
        return received > 0, by_step or bool(by_time)

    def save(self, trainer: pl.Trainer) -> None:
        """Write the state as it is now."""
        if _is_smoke(trainer):
            return
        for logger in trainer.loggers:
            logger.save()
        trainer.save_checkpoint(self.path(trainer))
        self.saved_step, self._saved_at = trainer.global_step, time.monotonic()

    def _stop(self, trainer: pl.Trainer) -> None:
        """Leave; rank 0 says so and asks SLURM for another turn.

        Raises:
            RunStopped: Always.
        """
        received = self._signals.received
        assert received is not None
        if trainer.is_global_zero:
            resume = f"{program()} {command(['fit', '--ckpt_path', str(self.path(trainer))])}"
            stopped = f"stopped by {received.name} after step {trainer.global_step}; to resume:"
            say("", stopped, f"  {resume}", file=sys.stderr)
            if received == REQUEUE_SIGNAL and self.requeue and in_slurm_job():
                _requeue()
        raise RunStopped(128 + received)


def _is_smoke(trainer: pl.Trainer) -> bool:
    return bool(trainer.fast_dev_run)  # type: ignore[attr-defined]  # set in the trainer's constructor, not declared


def _requeue() -> None:
    job = str(slurm_job())
    try:
        subprocess.run(["scontrol", "requeue", job], check=True, capture_output=True, encoding="utf-8", timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        reason = getattr(error, "stderr", None) or error
        say(f"  SLURM did not take job {job} back: {reason}", file=sys.stderr)
    else:
        say(f"  SLURM will start job {job} again", file=sys.stderr)

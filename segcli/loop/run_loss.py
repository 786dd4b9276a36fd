"""The loss of a run: what it needs of the data, its batches and means, and what resumes it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from segcli.datasets.class_counts import ClassCounts
from segcli.loop.class_rules import fit_class_weights, reserve_class_weights
from segcli.loop.loader_targets import compute_targets
from segcli.loop.step_log import StepLog
from segcli.loop.stored_loss import LOSSES, fit_state, stored_counts, take_class_weights
from segcli.losses.criterion import Criterion
from segcli.losses.training_loss import TrainingLoss
from segcli.prediction import Prediction
from segcli.sample import Batch


class RunLoss:
    """Fit a loss to the data of a run, apply it to batches, log its means, and store what a resumed run needs of it.

    Args:
        loss: That of the experiment; it owns its parameters and class weights.
        criterion: What it is used by, or itself.
        classes: Names, in the order of their indices.
        num_outputs: Logits per pixel, K.

    Attributes:
        criterion: As given.
        class_counts: Of the training split, which class weights by a rule follow from; None without such, or before.
        resumed_counts: Those of a run that is resumed, set before; its training counts nothing.
    """

    def __init__(self, loss: object, criterion: Criterion, classes: Sequence[str], num_outputs: int) -> None:
        self._loss, self.criterion, self._classes, self._num_outputs = loss, criterion, tuple(classes), num_outputs
        reserve_class_weights(loss, len(classes))
        self._training, self._log = TrainingLoss(criterion), StepLog()
        self.class_counts: ClassCounts | None = None
        self.resumed_counts: ClassCounts | None = None

    def fit_to_data(self, trainer: pl.Trainer, trains: bool) -> None:
        """Compute class weights that follow from the training split; let loaders compute what the loss asks for.

        Args:
            trainer: Its datamodule has prepared the splits of the stage.
            trains: Whether the stage is a training, which alone computes weights.

        Raises:
            DataError: If a mask is at fault, or a class does not occur in the split.
        """
        if trains:
            self.class_counts = fit_class_weights(self._loss, trainer, self.resumed_counts)
            self.resumed_counts = None
        compute_targets(self.criterion, self._num_outputs, trainer)

    def training_step(self, prediction: Prediction, batch: Batch, batch_idx: int, trainer: pl.Trainer) -> Tensor:
        """Return the loss of one batch, a scalar, with its part of the gradient of the optimizer step."""
        divisor = trainer.accumulate_grad_batches
        position = batch_idx % divisor
        batches = min(divisor, int(trainer.num_training_batches) - batch_idx + position)
        return self._training(prediction, batch, position, batches, divisor)

    def of_epoch(self) -> float:
        """Return the mean over all devices since :meth:`end_epoch`, NaN if there was no batch."""
        return self._training.of_epoch()

    def end_epoch(self) -> None:
        """Let the mean of an epoch begin anew."""
        self._training.end_epoch()

    def log_step(self, trainer: pl.Trainer, at_end: bool = False) -> None:
        """Log the means since the last time, if it is time.

        Args:
            trainer: That of the run.
            at_end: Whether the training is over.
        """
        self._log.write_step(trainer, self._training.since_log, at_end)

    def begin_anew(self, step: int) -> None:
        """Forget what is of another run, from whose state this one begins.

        Args:
            step: Optimizer steps of that run.
        """
        self._training.begin_anew()
        self._log.last_step = step

    def store(self, checkpoint: dict[str, Any]) -> None:
        """Add the losses that were not logged yet, and what class weights follow from, to a checkpoint."""
        state = {**self._training.state(), "logged_step": self._log.last_step}
        checkpoint[LOSSES] = {**state, **stored_counts(self.class_counts)}

    def load(self, checkpoint: dict[str, Any], own: Mapping[str, Tensor]) -> None:
        """Resume with what is of this loss; leave out what is of another.

        Args:
            checkpoint: Its states of the model are changed.
            own: State of the model now.
        """
        take_class_weights(self._loss, checkpoint, self._classes)
        fit_state(checkpoint, own, self.criterion.names)
        if losses := checkpoint.get(LOSSES):
            self._training.load(losses)
            self._log.last_step = losses["logged_step"]

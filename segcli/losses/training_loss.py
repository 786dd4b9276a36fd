"""The loss of a training, batch by batch, and its means that are logged."""

from typing import Any

from torch import Tensor

from segcli.losses.criterion import Criterion
from segcli.losses.running_sums import RunningSums
from segcli.losses.step_loss import StepLoss
from segcli.prediction import Prediction
from segcli.sample import Batch


class TrainingLoss:
    """Return each batch's part of the loss of its optimizer step; keep what the means need.

    Args:
        criterion: Compares the predictions of one batch with their masks.
    """

    def __init__(self, criterion: Criterion) -> None:
        self._criterion, self._step = criterion, StepLoss()
        self._since_log, self._of_epoch = RunningSums(), RunningSums()

    def __call__(self, prediction: Prediction, batch: Batch, position: int, batches: int, divisor: int) -> Tensor:
        """Return a scalar with the gradient that this batch adds to that of its step.

        Args:
            prediction: Of ``B`` images.
            batch: With masks; the first one of a step needs those of the others, ``coming``.
            position: Of the batch in the step, from 0.
            batches: Of the step.
            divisor: What the trainer divides the gradients of a step by.
        """
        sums = self._criterion.batch_sums(prediction, batch)
        self._since_log.update(sums)
        self._of_epoch.update(sums)
        if batches > 1 and (position == 0 or not self._step.knows(batches)):
            masks = [batch["mask"], *batch.get("coming", [])]
            self._step.begin(self._criterion, masks, prediction.num_outputs, batches)
        return self._step(self._criterion, sums, position, batches, divisor)

    def since_log(self) -> dict[str, float]:
        """Return the means over all devices since the last call, of the loss and its parts; NaN without a batch."""
        means = self._criterion.means(self._since_log)
        self._since_log.reset()
        return means

    def of_epoch(self) -> float:
        """Return the mean over all devices since :meth:`end_epoch`, NaN if there was no batch."""
        return self._criterion.mean(self._of_epoch)

    def end_epoch(self) -> None:
        """Let the mean of an epoch begin anew."""
        self._of_epoch.reset()

    def state(self) -> dict[str, Any]:
        """Return the sums for a checkpoint, and what they are of."""
        sums = {"step_sums": self._since_log.state(), "epoch_sums": self._of_epoch.state()}
        return {"parts": self._parts(), **sums}

    def load(self, state: dict[str, Any]) -> None:
        """Resume with what :meth:`state` returned; sums of another loss are left out; 0.4.0 kept none."""
        is_own = state.get("parts", self._parts()) == self._parts()
        for sums, name in ((self._since_log, "step_sums"), (self._of_epoch, "epoch_sums")):
            sums.load(state.get(name, []) if is_own else [])

    def begin_anew(self) -> None:
        """Forget all sums: those of another run, from whose state this one begins."""
        self.load({})

    def _parts(self) -> list[list[str]]:
        """Return name and meaning of each part of the loss."""
        return [list(part) for part in zip(self._criterion.names, self._criterion.averages, strict=True)]

"""What a callback that monitors a score does where that has no value: nothing, instead of ending the run."""

import math
from collections.abc import Mapping

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint

from segcli.config.errors import did_you_mean
from segcli.score_spec import SCORES, ScoreSpec, find_score
from segcli.task import SegmentationTask

HOOKS = ("on_validation_end", "on_train_epoch_end")


class _Guarded:
    """A hook of a callback that is left out while the monitored score has no value."""

    def __init__(self, callback: pl.Callback, hook: str) -> None:
        self._callback, self._hook = callback, hook

    def __call__(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.state.fn != "fit" or trainer.sanity_checking or _has_value(trainer, self._callback):
            getattr(type(self._callback), self._hook)(self._callback, trainer, pl_module)


def pass_over_absent_scores(trainer: pl.Trainer) -> None:
    """Let every callback that monitors a score pass over validations in which that has no value.

    A class that neither truth nor prediction of a validation hold has no IoU: that says nothing about the model, but
    early stopping would take it for a loss that is not finite. Checkpoints take it for the worst by themselves.

    Args:
        trainer: Its callbacks are changed in place.
    """
    for callback in trainer.callbacks:  # type: ignore[attr-defined]  # set in its constructor
        if isinstance(getattr(callback, "monitor", None), str) and not isinstance(callback, ModelCheckpoint):
            for hook in HOOKS:
                setattr(callback, hook, _Guarded(callback, hook))


def _scores(trainer: pl.Trainer) -> Mapping[str, ScoreSpec]:
    module = trainer.lightning_module
    return module.evaluation.metrics.specs if isinstance(module, SegmentationTask) else SCORES


def _has_value(trainer: pl.Trainer, callback: pl.Callback) -> bool:
    """Return whether the score was logged and is a number.

    Raises:
        ValueError: If it was not, though there was a validation.
    """
    monitor, metrics = str(callback.monitor), trainer.callback_metrics  # type: ignore[attr-defined]  # it has one
    if monitor in metrics:
        score = find_score(monitor, _scores(trainer))
        return score is None or not score.spec.attribute or not math.isnan(float(metrics[monitor]))
    if any(name.startswith("val/") for name in metrics) and getattr(callback, "strict", True):
        name = type(callback).__name__
        raise ValueError(
            f"trainer.callbacks: {name} got monitor {monitor!r}, which nothing has logged"
            f"{did_you_mean(monitor, metrics)}; there are {', '.join(sorted(metrics))}"
        )
    return False

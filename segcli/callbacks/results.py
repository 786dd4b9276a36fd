"""The result of a run: one table by class name, and the same as JSON."""

import math
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from rich.console import Console

from segcli.callbacks.image_records import image_counts, image_groups, image_names
from segcli.callbacks.pictures import Pictures
from segcli.callbacks.score_files import write_scores
from segcli.callbacks.score_table import group_table, score_tables
from segcli.config.output import say
from segcli.metrics.scores import Scores
from segcli.runs.image_scores import ImageScores
from segcli.runs.run_folder import BEST
from segcli.runs.stored_run import LAST_IMAGES, LAST_METRICS
from segcli.score_spec import MEAN_IOU
from segcli.task import SegmentationTask


@dataclass(frozen=True)
class Validation:
    """The scores of one validation of a training.

    Attributes:
        value: What the best checkpoint is chosen by; of one that is chosen by nothing, mIoU.
        epoch: From 1.
        step: Optimizer steps until then; None if 0.4.0 wrote it.
        scores: All of them.
        checkpoint: File that holds its weights, below the run's folder of checkpoints; None if none does.
    """

    value: float
    epoch: int
    step: int | None
    scores: Scores
    checkpoint: str | None = None


class Results(pl.Callback):
    """Print the table of the best validation epoch, or of the test, and write ``<stage>_scores.json``.

    The best is the one whose weights the best checkpoint holds: :meth:`keep` is told of each.
    """

    def __init__(self) -> None:
        super().__init__()
        self._best: Validation | None = None
        self._latest: Validation | None = None

    @property
    def best(self) -> Validation | None:
        """The validation that the run is known by; None before the first."""
        return self._best

    def state_dict(self) -> dict[str, Any]:
        """Return the best epoch so far, for a checkpoint."""
        if self._best is None:
            return {}
        return {**vars(self._best), "scores": self._best.scores.state()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Resume with the best epoch of an interrupted run."""
        if state_dict:
            of_0_4_0 = {"step": None, "checkpoint": BEST}
            self._best = Validation(**{**of_0_4_0, **state_dict, "scores": Scores.of_state(state_dict["scores"])})

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Remember the scores, which a checkpoint may be written of."""
        if trainer.sanity_checking or not isinstance(pl_module, SegmentationTask):
            return
        scores = pl_module.scores["val"]
        if trainer.state.fn != "fit":
            self._report(trainer, pl_module, "val")
            return
        value, epoch = _monitored(trainer, scores), trainer.current_epoch + 1
        self._latest = Validation(value, epoch, trainer.global_step, scores)
        _write_last(trainer, pl_module, epoch)
        if getattr(trainer.checkpoint_callback, "save_top_k", 0) == 0 and self._is_best(trainer, value):
            self.keep(trainer, None)

    def keep(self, trainer: pl.Trainer, checkpoint: str | None) -> None:
        """Let the latest validation be the best; write its scores at once, the run may be killed.

        Weights that were not validated have no scores: the best stays what it was.

        Args:
            trainer: It.
            checkpoint: File that its weights are about to be written to, if one is.
        """
        module = trainer.lightning_module
        if self._latest is None or self._latest.step != trainer.global_step or not isinstance(module, SegmentationTask):
            return
        self._best = replace(self._latest, checkpoint=checkpoint)
        self._write(trainer, module, "val", self._best)
        if trainer.is_global_zero:
            for name in (LAST_IMAGES, LAST_METRICS):
                (Path(trainer.default_root_dir) / name).unlink(missing_ok=True)

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print and write the test scores."""
        if isinstance(pl_module, SegmentationTask):
            self._report(trainer, pl_module, "test")

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the table of the best epoch."""
        if trainer.fast_dev_run:  # type: ignore[attr-defined]  # set in __init__ by helpers
            self._best = self._latest
        if self._best is not None and isinstance(pl_module, SegmentationTask) and trainer.is_global_zero:
            which = "best" if getattr(trainer.checkpoint_callback, "monitor", "") is not None else "last"
            title = f"validation, epoch {self._best.epoch} ({which})"
            Console(force_jupyter=False).print(*score_tables(pl_module.classes, self._best.scores, title))
            if math.isnan(self._best.value):  # any number would have been better
                monitor = getattr(trainer.checkpoint_callback, "monitor", None) or MEAN_IOU
                what = f"{monitor} had no value in any validation, so epoch {self._best.epoch} is no better than others"
                say(f"warning: {what}; set checkpoint.monitor to another metric", file=sys.stderr)

    def _is_best(self, trainer: pl.Trainer, value: float) -> bool:
        if self._best is None or math.isnan(self._best.value):
            return True
        checkpoint = trainer.checkpoint_callback
        smaller = getattr(checkpoint, "monitor", None) is not None and getattr(checkpoint, "mode", "max") == "min"
        return value < self._best.value if smaller else value > self._best.value

    def _report(self, trainer: pl.Trainer, module: SegmentationTask, stage: str) -> None:
        if trainer.is_global_zero:
            title = {"val": "validation", "test": "test"}[stage]
            Console(force_jupyter=False).print(*score_tables(module.classes, module.scores[stage], title))
        self._write(trainer, module, stage, None)

    @staticmethod
    def _write(trainer: pl.Trainer, module: SegmentationTask, stage: str, of: Validation | None) -> None:
        """Write pictures before the scores, which say that the others are there."""
        if not trainer.is_global_zero or trainer.fast_dev_run:  # type: ignore[attr-defined]  # set in __init__ by helpers
            return
        folder, data = Path(trainer.default_root_dir), trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...), not declared
        epoch = of.epoch if of is not None else None
        for callback in trainer.callbacks:  # type: ignore[attr-defined]  # set in __init__ by helpers
            if isinstance(callback, Pictures):
                callback.worst.write(folder, epoch, image_names(data, stage), data.palette)
        origin = {"epoch": epoch, **({} if of is None else {"step": of.step, "checkpoint": of.checkpoint})}
        by_group = write_scores(folder, stage, module.evaluation, module.scores[stage], data, origin)
        if by_group and epoch is None:
            Console(force_jupyter=False).print(group_table(by_group))


def _write_last(trainer: pl.Trainer, module: SegmentationTask, epoch: int) -> None:
    """Write the counts of a validation that is the last so far, and not the best."""
    if trainer.is_global_zero and not trainer.fast_dev_run:  # type: ignore[attr-defined]  # set in __init__ by helpers
        data = trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...), not declared
        names, folder = image_names(data, "val"), Path(trainer.default_root_dir)
        image_counts(module.evaluation, names, epoch, *image_groups(data, "val")).write(folder / LAST_IMAGES)
        if module.evaluation.metrics.images:
            ImageScores.of(module.evaluation.metrics.images, names, epoch).write(folder / LAST_METRICS)


def _monitored(trainer: pl.Trainer, scores: Scores) -> float:
    """Return the value by which the best checkpoint is chosen; mIoU where it is chosen by nothing."""
    monitor = getattr(trainer.checkpoint_callback, "monitor", None)
    value = trainer.callback_metrics.get(monitor) if monitor else None
    return float(value) if value is not None else float(scores.mean_iou)

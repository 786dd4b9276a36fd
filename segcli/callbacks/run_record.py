"""What ties a checkpoint to its experiment and its run folder, and the passport to the course of the run."""

import re
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint

from segcli.callbacks.results import Results
from segcli.inference.checkpoint import CHECKPOINT_KEY, CheckpointError, read_checkpoint
from segcli.runs.identity import identity
from segcli.runs.metrics_file import MetricsFile
from segcli.runs.passport import Passport
from segcli.runs.run_folder import LAST
from segcli.task import SegmentationTask

METRICS_ROWS = "metrics_rows"
COUNTS_FROM_ONE = "counts_from_one"
"""In a checkpoint of 0.4.0 it is missing: there, ``metrics.csv`` counts epochs and steps of validations from 0."""


class RunRecord(pl.Callback):
    """Put the resolved experiment into every checkpoint, and keep the passport's status and ``metrics.csv`` true.

    Args:
        config: The resolved experiment, as plain values.
        passport: The record of the run; None in processes that write none.
        continues: Whether an interrupted run is resumed in its own folder.

    Attributes:
        has_trained: Whether a batch was trained on since the process began.
    """

    def __init__(self, config: dict[str, Any], passport: Passport | None, continues: bool = False) -> None:
        super().__init__()
        self._config, self._passport, self._continues = config, passport, continues
        self._num_rows, self._is_from_another = 0, False
        self.has_trained = self._is_of_0_4_0 = False

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the experiment, the class names, and how much was logged by then."""
        record = {"config": self._config, "classes": list(getattr(pl_module, "classes", ()))}
        rows = max((file.num_rows for file in _metrics_files(trainer)), default=0)
        checkpoint[CHECKPOINT_KEY] = {**record, METRICS_ROWS: rows, COUNTS_FROM_ONE: True}

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Fit what callbacks remember to the folder of this run."""
        states = checkpoint.get("callbacks", {})
        record = checkpoint.get(CHECKPOINT_KEY, {})
        self._num_rows, self._is_of_0_4_0 = record.get(METRICS_ROWS, 0), COUNTS_FROM_ONE not in record
        self._is_from_another = trainer.state.fn == "fit" and not self._continues
        if not self._continues:
            states.pop(Results.__name__, None)  # the best epoch of another folder
            return
        for callback in trainer.checkpoint_callbacks:
            if isinstance(callback, ModelCheckpoint) and callback.state_key in states:
                states[callback.state_key] = _moved(states[callback.state_key], callback.dirpath)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Tell all loggers the settings that can change a result, by dotted keys such as ``model.optimizer.lr``."""
        for logger in trainer.loggers:
            logger.log_hyperparams(identity(self._config))

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Drop what came after the checkpoint, rows of ``metrics.csv`` and best checkpoints: it will come again.

        A new run from the state of another takes that state, but its own learning rates and other settings.
        """
        if self._is_from_another and isinstance(pl_module, SegmentationTask):
            pl_module.use_own_settings()
        if not self._continues or not trainer.is_global_zero:
            return
        for file in _metrics_files(trainer):
            file.resume_after(self._num_rows, counts_from_zero=self._is_of_0_4_0)
        for callback in trainer.checkpoint_callbacks:
            if isinstance(callback, ModelCheckpoint):
                for path in later(callback, trainer.global_step):
                    path.unlink()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        """Say that the run got beyond its first batch."""
        self.has_trained = True
        if self._passport is not None and self._passport.status == "starting":
            self._passport.update("running")


def has_trained(trainer: pl.Trainer) -> bool:
    """Return whether a batch was trained on since the process began."""
    return any(isinstance(each, RunRecord) and each.has_trained for each in trainer.callbacks)  # type: ignore[attr-defined]


def _metrics_files(trainer: pl.Trainer) -> list[MetricsFile]:
    return [logger for logger in trainer.loggers if isinstance(logger, MetricsFile)]


def later(callback: ModelCheckpoint, step: int) -> list[Path]:
    """Return checkpoints of a callback that it does not know of, since they were written after a step.

    It would take their names for someone else's, and write ``best-v1.ckpt``.
    """
    name = re.sub(r"\\{.*?\\}", ".*", re.escape(callback.filename or "{}"))
    folder = Path(str(callback.dirpath))
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*.ckpt")}
    own = [file for file in files if re.fullmatch(rf"{name}(-v\d+)?\.ckpt", file) and file != LAST]
    known = {Path(path).resolve() for path in callback.best_k_models}
    return [files[file] for file in own if files[file].resolve() not in known and _step_of(files[file]) > step]


def _step_of(path: Path) -> int:
    try:
        return int(read_checkpoint(path)["global_step"])
    except (CheckpointError, KeyError, TypeError):
        return 0


def _moved(state: dict[str, Any], folder: str | Path | None) -> dict[str, Any]:
    """Return what a ModelCheckpoint remembers, with its files in this folder: the run folder may have been moved."""
    before = Path(str(state["dirpath"]))

    def here(path: str) -> str:
        if not path:
            return path
        inside = Path(path).is_relative_to(before)  # a metric's name in that of a file makes folders
        return str(Path(str(folder)) / (Path(path).relative_to(before) if inside else Path(path).name))

    paths = ("best_model_path", "kth_best_model_path", "last_model_path")
    files = {here(path): score for path, score in state["best_k_models"].items()}
    return {**state, "dirpath": folder, **{key: here(state[key]) for key in paths}, "best_k_models": files}

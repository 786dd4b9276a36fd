"""The loggers that ``trainer.logger: true`` stands for."""

from collections.abc import Sequence
from pathlib import Path

from pytorch_lightning.loggers import Logger, TensorBoardLogger

from segcli.runs.metrics_file import MetricsFile


def default_loggers(folder: Path, continued_at: int | None = None) -> list[Logger]:
    """Return TensorBoard and CSV loggers that write to the run folder itself.

    Args:
        folder: The run folder.
        continued_at: Optimizer steps that are behind an interrupted run; TensorBoard hides what was logged after them.
    """
    purge_step = None if continued_at is None else continued_at + 1
    board = TensorBoardLogger(save_dir=folder, name="", version="", purge_step=purge_step, default_hp_metric=False)
    return [board, MetricsFile(folder)]


def with_metrics_file(loggers: Logger | Sequence[Logger], folder: Path) -> list[Logger]:
    """Return an experiment's own loggers, and beside them ``metrics.csv``, which comparisons of runs read."""
    given = list(loggers) if isinstance(loggers, Sequence) else [loggers]
    return given if any(isinstance(logger, MetricsFile) for logger in given) else [*given, MetricsFile(folder)]

"""The loggers that ``trainer.logger: true`` stands for."""

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
    return [TensorBoardLogger(save_dir=folder, name="", version="", purge_step=purge_step), MetricsFile(folder)]

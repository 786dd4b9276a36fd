"""Build an experiment for a verb that keeps no record of a run."""

from pytorch_lightning import Callback

from segcli.experiment.errors.situation import Building
from segcli.experiment.errors.translate import translated
from segcli.experiment.job import Job


def instantiate(job: Job, callbacks: list[Callback], load_weights: bool) -> None:
    """Build data, model and trainer.

    Args:
        job: What is built; the trainer writes to its folder.
        callbacks: Of the trainer, and no others.
        load_weights: Whether the backbone loads the weights that the experiment names.

    Raises:
        ConfigError: In place of what a constructor refused.
    """
    with translated(Building(job.experiment)):
        job.cli.build(job.folder, callbacks, load_weights=load_weights)
    job.cli.trainer.callbacks = [*callbacks]  # type: ignore[attr-defined]  # without those that write checkpoints

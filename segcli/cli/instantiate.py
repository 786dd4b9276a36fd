"""Build an experiment for a verb that keeps no record of a run."""

import os

from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning import Callback

from segcli.cli import complaints
from segcli.cli.experiment_run import TRACEBACK, Job
from segcli.sample import DataError


def instantiate(job: Job, callbacks: list[Callback], load_weights: bool) -> None:
    """Build data, model and trainer.

    Args:
        job: What is built; the trainer writes to its folder.
        callbacks: Of the trainer, and no others.
        load_weights: Whether the backbone loads the weights that the experiment names.

    Raises:
        ConfigError: In place of what a constructor refused.
    """
    try:
        job.cli.build(job.folder, callbacks, load_weights=load_weights)
        job.cli.trainer.callbacks = [*callbacks]  # type: ignore[attr-defined]  # without those that write checkpoints
    except DataError as error:
        raise complaints.from_data(error) from None
    except (ValueError, TypeError, OSError, ImportError, RuntimeError, MisconfigurationException) as error:
        if os.environ.get(TRACEBACK):
            raise
        raise complaints.from_component(error, job.experiment) from error

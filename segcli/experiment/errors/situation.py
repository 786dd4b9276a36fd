"""What was at work when an error was raised."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.config.compose import Experiment
from segcli.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from pytorch_lightning import Trainer

    from segcli.callbacks.current_batch import CurrentBatch


@dataclass(frozen=True)
class Reading:
    """Files are read, and an experiment if there is one.

    Attributes:
        experiment: It.
        tree: What of it is parsed; None for all.
    """

    experiment: Experiment | None = None
    tree: object = None


@dataclass(frozen=True)
class Building:
    """The components of an experiment are constructed.

    Attributes:
        experiment: It.
    """

    experiment: Experiment


@dataclass(frozen=True)
class Running:
    """The trainer was called.

    Attributes:
        experiment: What is run.
        trainer: It.
        batch: The batch that it is at.
        folder: Where it writes.
        checkpoint: What was loaded at the start.
    """

    experiment: Experiment
    trainer: "Trainer"
    batch: "CurrentBatch"
    folder: RunFolder
    checkpoint: Path | None


Situation = Reading | Building | Running

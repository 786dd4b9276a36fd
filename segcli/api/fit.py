"""Train from Python."""

import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segcli.api.call import Given, Place, from_python, run_arguments
from segcli.api.run import Run
from segcli.experiment.job import Job
from segcli.experiment.run import execute
from segcli.experiment.training import train


def fit(
    experiment: Given | Sequence[Place] | None = None,
    *,
    overrides: Mapping[str, Any] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    quiet: bool = False,
) -> Run:
    """Train an experiment in a run folder of its own, as ``segcli fit`` does.

    The process is left as it was: environment, random numbers, warnings, levels of logs and signals. For several
    devices use the command line; its processes would each run the whole script.

    Args:
        experiment: A file, several, a later one over the earlier, the folder of a run, or a mapping as a file would
            hold it, with ``extends`` relative to the working directory. None with a checkpoint of a run.
        overrides: Values over it, by dotted keys or nested. Text stays text and is never read as a number, None is
            null, a key that ends in ``+`` appends, ``${oc.env:NAME}`` is read; a component is
            ``{"class_path": "UNet", ...}``, or its name.
        checkpoint: What to resume, or to begin a new run from; ``"last"`` resumes the newest interrupted run.
        quiet: Whether nothing is printed to standard output; what goes wrong is raised all the same.

    Returns:
        The run.

    Raises:
        ConfigError: For every mistake in the experiment or its data, before or while it trains.
        KeyboardInterrupt: If it was interrupted. The run is resumed with ``checkpoint="last"``.

    Example:
        >>> run = segcli.fit("experiments/quickstart.yaml", overrides={"trainer.max_epochs": 2})
        >>> run.scores["mIoU"]
        0.7421
    """
    folders: list[Path] = []

    def run(job: Job) -> None:
        folders.append(job.folder.path.resolve())
        train(job)

    with from_python(quiet, trains=True):
        try:
            code = execute(run_arguments("fit", experiment, overrides, checkpoint), run)
        except SystemExit:  # Lightning's answer to a second Ctrl-C
            raise KeyboardInterrupt from None
    if code == 128 + signal.SIGINT:
        raise KeyboardInterrupt
    if code:  # a signal that asks the process to end
        raise SystemExit(code)
    return Run(folders[0])

"""Measure a checkpoint on the validation split: ``segcli validate --ckpt_path FILE``."""

from typing import TYPE_CHECKING

from segcli.cli.verb import CHECKPOINT, CONFIG, Verb
from segcli.config.output import say

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.experiment.job import Job

VERB = Verb(
    "validate",
    """
Measure a checkpoint on the validation split. Without -c, the experiment is that of the checkpoint's run folder, or the
one inside the checkpoint where that was moved.
""",
    ("--ckpt_path FILE",),
    (CHECKPOINT, CONFIG),
    (
        "--ckpt_path runs/quickstart/1/checkpoints/best.ckpt",
        "--ckpt_path runs/quickstart/1/checkpoints/best.ckpt --data.batch_size 1",
    ),
    "Prints IoU, Dice and pixels by class; writes <run folder>/validate/<number>/.",
    most=0,
    overrides=True,
)


def run(typed: "Typed") -> int:
    """Validate; print and write the scores."""
    from segcli.experiment.run import execute

    return execute(typed.arguments, _validate)


def _validate(job: "Job") -> None:
    cli = job.cli
    cli.trainer.validate(
        cli.model, datamodule=cli.datamodule, ckpt_path=job.arguments.checkpoint, weights_only=True, verbose=False
    )
    if cli.trainer.is_global_zero:
        say("", f"written to {job.folder.path}")

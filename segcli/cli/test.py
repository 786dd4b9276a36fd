"""Measure a checkpoint on the test split: ``segcli test --ckpt_path FILE``."""

from typing import TYPE_CHECKING

from segcli.cli.verb import CHECKPOINT, CONFIG, Verb
from segcli.config.output import say

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.experiment.job import Job

VERB = Verb(
    "test",
    """
Measure a checkpoint on the test split. Without -c, the experiment is that of the checkpoint's run folder, or the one
inside the checkpoint where that was moved.
""",
    ("--ckpt_path FILE",),
    (CHECKPOINT, CONFIG),
    (
        "--ckpt_path runs/quickstart/1/checkpoints/best.ckpt",
        "--ckpt_path runs/quickstart/1/checkpoints/best.ckpt --data.batch_size 1",
    ),
    "Prints IoU, Dice and pixels by class; writes <run folder>/test/<number>/.",
    most=0,
    overrides=True,
)


def run(typed: "Typed") -> int:
    """Test; print and write the scores."""
    from segcli.experiment.run import execute

    return execute(typed.arguments, _test)


def _test(job: "Job") -> None:
    cli = job.cli
    cli.trainer.test(
        cli.model, datamodule=cli.datamodule, ckpt_path=job.arguments.checkpoint, weights_only=True, verbose=False
    )
    if cli.trainer.is_global_zero:
        say("", f"written to {job.folder.path}")

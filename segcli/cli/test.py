"""Measure a checkpoint on the test split: ``segcli test --ckpt_path FILE``."""

from segcli.cli.experiment_run import execute
from segcli.cli.job import Job

HELP = """usage: python -m segcli test --ckpt_path FILE [-c FILE] [--key value ...]

Measure a checkpoint on the test split. Without -c, the experiment is that of the checkpoint's run folder, or the one
inside the checkpoint where that was moved.

  python -m segcli test --ckpt_path runs/quickstart/1/checkpoints/best.ckpt

Prints IoU, Dice and pixels by class; writes <run folder>/test/<number>/.
"""


def run(words: list[str]) -> int:
    """Test; print and write the scores."""
    return execute("test", words, _test)


def _test(job: Job) -> None:
    cli = job.cli
    cli.trainer.test(
        cli.model, datamodule=cli.datamodule, ckpt_path=job.arguments.checkpoint, weights_only=True, verbose=False
    )
    if cli.trainer.is_global_zero:
        print(f"\nwritten to {job.folder.path}")

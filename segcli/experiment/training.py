"""Train: the trainer's fit, and whether anything was trained."""

from segcli.config.errors import ConfigError, Problem
from segcli.experiment.job import Job


def train(job: Job) -> None:
    """Train the experiment of a job.

    Raises:
        ConfigError: If the run ends before its first step.
    """
    trainer = job.cli.trainer
    trainer.fit(job.cli.model, datamodule=job.cli.datamodule, ckpt_path=job.checkpoint, weights_only=True)
    _require_training(job)


def _require_training(job: Job) -> None:
    """Refuse to call a run finished that trained nothing.

    Raises:
        ConfigError: If so.
    """
    from segcli.callbacks.run_record import has_trained

    trainer = job.cli.trainer
    resumes_end = job.resumed is not None and not job.resumed.was_finished  # it was killed after its last step
    if has_trained(trainer) or trainer.interrupted or (resumes_end and trainer.global_step > 0):
        return
    limits = f"trainer.max_epochs {trainer.max_epochs}, trainer.max_steps {trainer.max_steps}"
    where = f"{job.folder.path} is at step {trainer.global_step} and " if trainer.global_step else ""
    ends = f"the run ends at {limits}, trainer.max_time and the duration of a Timer"
    raise ConfigError([Problem(f"{where}nothing was trained: {ends}; raise what is reached")])

"""Find a learning rate, a batch size or thresholds for an experiment: ``segcli tune lr -c FILE``."""

from __future__ import annotations

import json
import math
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli.verb import CONFIG, Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say
from segcli.processes import is_first_process
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.experiment.job import Job

if TYPE_CHECKING:
    from segcli.experiment.lightning_cli import SegmentationCLI

VERB = Verb(
    "tune",
    """
Try settings of the experiment in short trainings. No file is changed: it prints what to add.

lr: one training in which the learning rate rises from step to step; the rate at which the loss falls fastest is
suggested, if that stands out of the noise. Parts of the model keep the ratios of their rates. Warm-up and schedule are
left out, and stages that are frozen at first stay so. Above four times the lowest loss it ends.

batch_size: a short training each for 2, 4, 8, ... images, until memory or the training images are used up; the smallest
that is within 5 % of the fastest is suggested.

threshold: for a checkpoint with model.task binary or multilabel, the probability above which a pixel is of a class, at
which the IoU of the validation split is highest, and what it gains on images that did not choose it. It is evaluated,
predicted and exported with once it stands in the experiment.
""",
    (
        "lr -c FILE [--min_lr X] [--max_lr X] [--steps N]",
        "batch_size -c FILE [--max_batch_size N] [--steps N]",
        "threshold --ckpt_path FILE",
    ),
    (
        CONFIG,
        Option("--ckpt_path", "of threshold: a checkpoint", "FILE", kind="threshold"),
        Option("--min_lr", "of lr: the first learning rate, 1e-7", "X", kind="lr"),
        Option("--max_lr", "of lr: the last, 1", "X", kind="lr"),
        Option("--max_batch_size", "of batch_size: the largest to try, 64; at least 2", "N", kind="batch_size"),
        Option(
            "--steps",
            "of lr: how many, 100; of batch_size: of each training, 5, the first not counted",
            "N",
            kind="lr batch_size",
        ),
    ),
    (
        "lr -c experiments/quickstart.yaml",
        "batch_size -c experiments/quickstart.yaml --trainer.precision bf16-mixed",
        "threshold --ckpt_path runs/my_cells/1/checkpoints/best.ckpt",
    ),
    """
Writes runs/<stem of FILE>/tune/<number>/, or for a checkpoint <run folder>/tune/<number>/: tune.json; for lr lr.png
(loss over learning rate); for threshold threshold.png (IoU over threshold) and threshold.yaml, to be used with -c.
""",
    words="what to find",
    most=1,
    overrides=True,
    least=1,
    kinds=("lr", "batch_size", "threshold"),
)
DEFAULTS: dict[str, dict[str, float]] = {
    "lr": {"--min_lr": 1e-7, "--max_lr": 1.0, "--steps": 100},
    "batch_size": {"--max_batch_size": 64, "--steps": 5},
    "threshold": {},
}
LEAST_STEPS = {"lr": 20, "batch_size": 2}
LEAST_BATCH = 2  # batch norms of pooled maps cannot train on one image
RECORD = "tune.json"


def run(typed: Typed) -> int:
    """Try settings, print what is suggested, and write what was measured.

    Raises:
        ConfigError: For every mistake of the user.
    """
    from segcli.disk import write_text
    from segcli.experiment.errors.translate import translated
    from segcli.experiment.job import Job, compose_for, parse_experiment
    from segcli.experiment.run import read_content
    from segcli.runs.run_folder import RunFolder

    kind = typed.words[0]
    numbers = _numbers(kind, typed)
    arguments = typed.arguments
    of_model = kind == "threshold"
    if not of_model and not arguments.files:
        raise ConfigError([Problem(f"tune needs an experiment: {program()} tune {kind} -c FILE")])
    if of_model and arguments.checkpoint is None:
        what = f"tune threshold needs a checkpoint: {program()} tune threshold --ckpt_path FILE"
        raise ConfigError([Problem(what)])
    experiment = compose_for(replace(arguments, verb="validate" if of_model else "fit"))
    read_content(typed.verb.name, arguments.checkpoint)
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_DISABLE", "1")  # of the bar that Lightning's finder draws
    cli = parse_experiment(experiment)
    _leave_out(cli, trains=not of_model)
    name = experiment.get("run.name") or (arguments.files[0].stem if arguments.files else "run")
    parent = Path(experiment.get("run.root") or "runs") / name
    run_folder = RunFolder.of_checkpoint(arguments.checkpoint) if arguments.checkpoint is not None else None
    with translated():
        folder = RunFolder.create((run_folder.path if run_folder is not None else parent) / "tune")
    job = Job("tune", name, arguments, experiment, cli, folder)
    try:
        record = _try(kind, job, numbers)
    except BaseException:
        folder.discard()
        raise
    if is_first_process():
        written = {"command": shlex.join(["segcli", "tune", *typed.line]), "kind": kind, **record}
        write_text(folder.path / RECORD, json.dumps(written, indent=2) + "\n")
        say(f"written     {folder.path}")
    return 0


def _try(kind: str, job: Job, numbers: dict[str, float]) -> dict[str, Any]:
    if kind == "lr":
        from segcli.experiment.tune.lr import tune_lr

        return tune_lr(job, numbers["--min_lr"], numbers["--max_lr"], int(numbers["--steps"]))
    if kind == "threshold":
        from segcli.experiment.tune.threshold import tune_threshold

        return tune_threshold(job)
    from segcli.experiment.tune.batch_size import tune_batch_size

    return tune_batch_size(job, int(numbers["--max_batch_size"]), int(numbers["--steps"]))


def _numbers(kind: str, typed: Typed) -> dict[str, float]:
    """Return the options' values.

    Raises:
        ConfigError: If one is no number, or out of range.
    """
    numbers = dict(DEFAULTS[kind])
    for name in numbers:
        text = typed.value(name)
        try:
            numbers[name] = numbers[name] if text is None else float(text) if name.endswith("lr") else int(text)
        except ValueError:
            raise ConfigError([Problem(f"{name} got {text!r}, expected a number")]) from None
    if kind == "threshold":
        return numbers
    if numbers["--steps"] < LEAST_STEPS[kind]:
        raise ConfigError([Problem(f"--steps got {numbers['--steps']}, expected at least {LEAST_STEPS[kind]}")])
    if kind == "lr" and not 0 < numbers["--min_lr"] < numbers["--max_lr"] < math.inf:
        got = f"--min_lr {numbers['--min_lr']:g} and --max_lr {numbers['--max_lr']:g}"
        raise ConfigError([Problem(f"tune got {got}, expected 0 < min_lr < max_lr, both finite")])
    if kind == "batch_size" and numbers["--max_batch_size"] < LEAST_BATCH:
        message = f"--max_batch_size got {numbers['--max_batch_size']}, expected at least {LEAST_BATCH}"
        raise ConfigError([Problem(message)])
    return numbers


def _leave_out(cli: SegmentationCLI, trains: bool) -> None:
    """Take out of the experiment what a trial does not need: logs, callbacks, and of trainings schedule and validation.

    Args:
        cli: Holds the experiment.
        trains: Whether the trial is a training.
    """
    trainer = cli.config.trainer
    for key in ("callbacks", "max_time", "profiler", "min_epochs", "min_steps", "val_check_interval"):
        trainer[key] = None
    trainer.logger = trainer.fast_dev_run = trainer.barebones = trainer.enable_progress_bar = False
    if not trains:
        return
    cli.config.model.schedule = None
    trainer.num_sanity_val_steps, trainer.limit_val_batches = 0, 0
    trainer.max_epochs = -1

"""Find a learning rate or a batch size for an experiment: ``segcli tune lr -c FILE``."""

import json
import math
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli import arguments as command
from segcli.cli.job import Job, compose_for, parse_experiment
from segcli.cli.options import Options, parse_options
from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.runs.run_folder import RunFolder, RunFolderError, is_first_process, write_text

if TYPE_CHECKING:
    from segcli.cli.lightning_cli import SegmentationCLI

HELP = """usage: python -m segcli tune lr -c FILE [--min_lr X] [--max_lr X] [--steps N] [--key value ...]
       python -m segcli tune batch_size -c FILE [--max_batch_size N] [--steps N] [--key value ...]

Try settings of the experiment in short trainings. No file is changed: it prints what to add.

lr: one training in which the learning rate rises from step to step; the rate at which the loss falls fastest is
suggested, if that stands out of the noise. Parts of the model keep the ratios of their rates. Warm-up and schedule are
left out, and stages that are frozen at first stay so.
  --min_lr     the first, 1e-7; --max_lr the last, 1; above four times the lowest loss it ends
  --steps      how many, 100

batch_size: a short training each for 2, 4, 8, ... images, until memory or the training images are used up; the smallest
that is within 5 % of the fastest is suggested.
  --max_batch_size   the largest to try, 64; at least 2
  --steps            of each training, 5; the first is not counted

  python -m segcli tune lr -c experiments/quickstart.yaml
  python -m segcli tune batch_size -c experiments/quickstart.yaml --trainer.precision bf16-mixed

Writes runs/<stem of FILE>/tune/<number>/: tune.json, and for lr lr.png (loss over learning rate).
"""
KINDS = {"lr": ("--min_lr", "--max_lr", "--steps"), "batch_size": ("--max_batch_size", "--steps")}
DEFAULTS: dict[str, dict[str, float]] = {
    "lr": {"--min_lr": 1e-7, "--max_lr": 1.0, "--steps": 100},
    "batch_size": {"--max_batch_size": 64, "--steps": 5},
}
LEAST_STEPS = {"lr": 20, "batch_size": 2}
LEAST_BATCH = 2  # batch norms of pooled maps cannot train on one image
RECORD = "tune.json"


def run(words: list[str]) -> int:
    """Try settings, print what is suggested, and write what was measured.

    Raises:
        ConfigError: For every mistake of the user.
    """
    kind = _kind(words)
    typed = parse_options(words, values=dict.fromkeys(KINDS[kind], ()), takes_overrides=True)
    numbers = _numbers(kind, typed)
    arguments = command.RunArguments(files=[Path(file) for file in typed.files], overrides=typed.overrides)
    if not arguments.files:
        raise ConfigError([Problem(f"tune needs an experiment: segcli tune {kind} -c FILE")])
    experiment = compose_for("fit", arguments)
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_DISABLE", "1")  # of the bar that Lightning's finder draws
    cli = parse_experiment(experiment)
    _leave_out(cli)
    name = experiment.get("run.name") or arguments.files[0].stem
    try:
        folder = RunFolder.create(Path(experiment.get("run.root") or "runs") / name / "tune")
    except RunFolderError as error:
        raise ConfigError([Problem(str(error))]) from None
    job = Job("tune", name, arguments, experiment, cli, folder)
    try:
        record = _try(kind, job, numbers)
    except BaseException:
        folder.discard()
        raise
    if is_first_process():
        written = {"command": shlex.join(["segcli", "tune", *words]), "kind": kind, **record}
        write_text(folder.path / RECORD, json.dumps(written, indent=2) + "\n")
        print(f"written     {folder.path}")
    return 0


def _try(kind: str, job: Job, numbers: dict[str, float]) -> dict[str, Any]:
    if kind == "lr":
        from segcli.cli.tune_lr import tune_lr

        return tune_lr(job, numbers["--min_lr"], numbers["--max_lr"], int(numbers["--steps"]))
    from segcli.cli.tune_batch_size import tune_batch_size

    return tune_batch_size(job, int(numbers["--max_batch_size"]), int(numbers["--steps"]))


def _kind(words: list[str]) -> str:
    """Return what is to be found, and take it off the command line."""
    options = tuple(KINDS)
    if not words or words[0].startswith("-"):
        raise ConfigError([Problem("tune needs what to find: segcli tune lr -c FILE", options=options)])
    if words[0] not in KINDS:
        message = f"tune does not know {words[0]!r}{did_you_mean(words[0], options)}"
        raise ConfigError([Problem(message, options=options)])
    return words[0]


def _numbers(kind: str, typed: Options) -> dict[str, float]:
    """Return the options' values.

    Raises:
        ConfigError: If one is no number, or out of range.
    """
    numbers = dict(DEFAULTS[kind])
    for name, text in typed.values.items():
        try:
            numbers[name] = float(text) if name.endswith("lr") else int(text)
        except ValueError:
            raise ConfigError([Problem(f"{name} got {text!r}, expected a number")]) from None
    if typed.words != [kind]:
        raise ConfigError([Problem(f"tune takes one word, got {' '.join(typed.words)}; files follow -c")])
    if numbers["--steps"] < LEAST_STEPS[kind]:
        raise ConfigError([Problem(f"--steps got {numbers['--steps']}, expected at least {LEAST_STEPS[kind]}")])
    if kind == "lr" and not 0 < numbers["--min_lr"] < numbers["--max_lr"] < math.inf:
        got = f"--min_lr {numbers['--min_lr']:g} and --max_lr {numbers['--max_lr']:g}"
        raise ConfigError([Problem(f"tune got {got}, expected 0 < min_lr < max_lr, both finite")])
    if kind == "batch_size" and numbers["--max_batch_size"] < LEAST_BATCH:
        message = f"--max_batch_size got {numbers['--max_batch_size']}, expected at least {LEAST_BATCH}"
        raise ConfigError([Problem(message)])
    return numbers


def _leave_out(cli: "SegmentationCLI") -> None:
    """Take out of the experiment what a trial does not need: schedule, validation, logs, callbacks."""
    cli.config.model.schedule = None
    trainer = cli.config.trainer
    for key in ("callbacks", "max_time", "profiler", "min_epochs", "min_steps", "val_check_interval"):
        trainer[key] = None
    trainer.logger = trainer.fast_dev_run = trainer.barebones = trainer.enable_progress_bar = False
    trainer.num_sanity_val_steps, trainer.limit_val_batches = 0, 0
    trainer.max_epochs = -1

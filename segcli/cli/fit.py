"""Train a model: ``segcli fit -c FILE``."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.verb import CHECKPOINT, CONFIG, Verb
from segcli.config.component import class_key
from segcli.config.escape import command
from segcli.config.output import say
from segcli.program import program
from segcli.runs.run_folder import METRICS

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.experiment.job import Job

VERB = Verb(
    "fit",
    "Train the experiment that FILE describes; a later file, and --key value, override.",
    ("-c FILE [-c FILE ...]",),
    (CONFIG, replace(CHECKPOINT, help="resume from this checkpoint; last: that of the newest interrupted run")),
    (
        "-c experiments/quickstart.yaml",
        "-c experiments/fpn_r50.yaml --model.decoder UNet --data.batch_size 16",
        ("-c experiments/fpn_r50.yaml --ckpt_path last", "resume its newest interrupted run, in the same folder"),
        (
            "--ckpt_path runs/fpn_r50/1/checkpoints/last.ckpt",
            "resume this one; --trainer.max_epochs trains longer, --run.name begins a new run from its state",
        ),
        ("--model.decoder.help FPN", "arguments of one component"),
    ),
    """
Writes runs/<stem of FILE>/<number>/: config.yaml (every value), composed.yaml, passport.json, checkpoints/best.ckpt
and last.ckpt, metrics.csv and TensorBoard events, schedule.png (learning rates), predictions/ (pictures of each epoch),
val_scores.json.
""",
    most=0,
    overrides=True,
)


def run(typed: "Typed") -> int:
    """Train; print the table of the best epoch, the run folder and what to do next."""
    from segcli.experiment.run import execute

    return execute(typed.arguments, fit)


def fit(job: "Job") -> None:
    """Train; the first process says where the results are and what to do next."""
    from segcli.datamodules.multilabel_folder_data_module import MultilabelFolderDataModule
    from segcli.datamodules.pattern_data_module import PatternDataModule
    from segcli.experiment.training import train

    train(job)
    if not job.cli.trainer.is_global_zero or job.cli.trainer.interrupted:
        return
    folder, file = job.folder, job.arguments.files[0] if job.arguments.files else job.folder.config
    best = Path(getattr(job.cli.trainer.checkpoint_callback, "best_model_path", "") or "none")
    pictures = f"   pictures of every epoch in {folder.pictures}" if folder.pictures.is_dir() else ""
    say("", f"run folder  {folder.path}{pictures}", f"next        {curves_hint(job)}")
    if best.is_file():
        say(f"            predict:             {_typed('predict', '--ckpt_path', os.path.relpath(best))}")
    other = "FPN" if str(job.experiment.get(class_key("model.decoder"))).rpartition(".")[2] == "UNet" else "UNet"
    say(f"            another decoder:     {_typed('fit', '-c', str(file), '--model.decoder', other)}")
    if not isinstance(job.cli.datamodule, MultilabelFolderDataModule | PatternDataModule):
        say(f"            your own images:     {program()} guide own-data")


def curves_hint(job: "Job") -> str:
    """Return where the curves of a run are, with the loggers that it has."""
    from pytorch_lightning.loggers import TensorBoardLogger

    loggers, folder = job.cli.trainer.loggers, job.folder.path
    if not loggers:
        return "no curves:           trainer.logger is false, so compare will leave this run out"
    boards = [Path(each.save_dir) for each in loggers if isinstance(each, TensorBoardLogger)]
    if not boards:
        return f"look at the curves:  {folder / METRICS}"
    place = folder.parent.parent if folder in boards else boards[0]
    return f"look at the curves:  {command(['tensorboard', '--logdir', os.path.relpath(place)])}"


def _typed(*words: str) -> str:
    return f"{program()} {command(words)}"

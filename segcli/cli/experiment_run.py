"""What ``fit``, ``validate``, ``test`` and ``predict`` share: compose, choose the folder, build, run, record."""

import os
from argparse import ArgumentError
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli import arguments as command
from segcli.cli import complaints
from segcli.cli.options import experiment_file
from segcli.cli.quiet import quiet
from segcli.config.compose import Experiment, compose
from segcli.config.dumper import dump
from segcli.config.errors import ConfigError, Problem
from segcli.config.node import Source, from_plain
from segcli.runs.run_folder import COMPOSED, CONFIG, PICTURES, RunFolder, RunFolderError, is_first_process, write_text

if TYPE_CHECKING:
    from segcli.cli.lightning_cli import SegmentationCLI
    from segcli.runs.passport import Passport


TRACEBACK = "SEGCLI_TRACEBACK"
SPLIT_KEYS = {f"--data.{key}" for key in ("split_seed", "val_fraction", "test_fraction")}


@dataclass
class Job:
    """One verb at work.

    Attributes:
        verb: ``fit``, ``validate``, ``test`` or ``predict``.
        name: Name of the experiment, and of the folder of its runs.
        arguments: What was typed.
        experiment: What was composed of it.
        cli: Holds trainer, model and data.
        folder: Where it writes.
    """

    verb: str
    name: str
    arguments: command.RunArguments
    experiment: Experiment
    cli: "SegmentationCLI"
    folder: RunFolder


def compose_for(verb: str, typed: command.RunArguments) -> Experiment:
    """Compose the experiment from files, overrides, or the run or checkpoint that is given alone.

    Raises:
        ConfigError: If something is missing or wrong.
    """
    _check_files(verb, typed)
    if typed.files or typed.checkpoint is None:
        return compose(typed.files, typed.overrides)
    for word in typed.overrides:
        key = word.partition("=")[0].replace(".init_args", "")
        if verb != "fit" and key in SPLIT_KEYS:
            why = "would count images among those to measure with that the checkpoint was trained on; train with it"
            raise ConfigError([Problem(why, key.lstrip("-"))])
    run = RunFolder.of_checkpoint(typed.checkpoint)
    if run is not None:
        return compose([run.config], typed.overrides)
    from segcli.inference.checkpoint import CheckpointError, experiment_in, load_checkpoint

    try:
        tree, _ = experiment_in(load_checkpoint(typed.checkpoint))
    except CheckpointError as error:
        raise ConfigError([Problem(str(error))]) from None
    return compose([], typed.overrides, base=from_plain(tree, Source(str(typed.checkpoint))))


def _check_files(verb: str, typed: command.RunArguments) -> None:
    """Refuse a command line without what the verb needs, or with files that are not there."""
    if typed.checkpoint is None and (verb != "fit" or not typed.files):
        needs = (
            "an experiment: -c FILE" if verb == "fit" else "a checkpoint: --ckpt_path runs/.../checkpoints/best.ckpt"
        )
        raise ConfigError([Problem(f"{verb} needs {needs}")])
    typed.files = [experiment_file(str(file)) for file in typed.files]
    if typed.checkpoint is not None and not typed.checkpoint.is_file():
        there = sorted(str(other) for other in typed.checkpoint.parent.glob("*.ckpt"))
        raise ConfigError([Problem(f"no checkpoint {typed.checkpoint}", options=tuple(there))])


def execute(verb: str, words: list[str], run: Callable[[Job], None]) -> int:
    """Run one verb from its command line to its end.

    Args:
        verb: The verb.
        words: The command line after the verb.
        run: Calls the trainer.

    Raises:
        ConfigError: For every mistake of the user.
    """
    typed = command.parse(words)
    experiment = compose_for(verb, typed)
    cli = _parse(experiment)
    _check_readable(typed.checkpoint)
    name = experiment.get("run.name") or (typed.files[0].stem if typed.files else "run")
    folder = _folder(verb, typed, experiment, name)
    job = Job(verb, name, typed, experiment, cli, folder)
    _start(job, [verb, *words], run)
    return 0


def _parse(experiment: Experiment) -> "SegmentationCLI":
    from segcli.cli.lightning_cli import SegmentationCLI

    quiet()  # after the import, which sets the loggers' levels
    try:
        return SegmentationCLI(experiment.expanded())
    except ArgumentError as error:
        raise complaints.all_from_parser(error, experiment, SegmentationCLI().parse) from None


def _check_readable(checkpoint: Path | None) -> None:
    """Refuse a damaged checkpoint before anything is made for it."""
    from segcli.inference.checkpoint import CheckpointError, read_checkpoint

    try:
        if checkpoint is not None:
            read_checkpoint(checkpoint)
    except CheckpointError as error:
        raise ConfigError([Problem(str(error))]) from None


def _folder(verb: str, typed: command.RunArguments, experiment: Experiment, name: str) -> RunFolder:
    """Choose and make the folder that this verb writes to."""
    root = Path(experiment.get("run.root") or "runs")
    try:
        if verb == "fit":
            return RunFolder.create(root / name)
        assert typed.checkpoint is not None
        run = RunFolder.of_checkpoint(typed.checkpoint) or RunFolder.create(root / name)
        return RunFolder.create(run.path / {"predict": PICTURES}.get(verb, verb))
    except RunFolderError as error:
        raise ConfigError([Problem(str(error))]) from None


def _start(job: Job, words: list[str], run: Callable[[Job], None]) -> None:
    """Build everything, run, and keep the passport true to the end."""
    from segcli.runs.passport import Passport

    config = _resolved(job)
    passport = None
    if is_first_process():
        passport = Passport(job.folder, ["segcli", *words], config["seed_everything"], list(job.experiment.files))
        write_text(job.folder.path / CONFIG, dump(config))
        write_text(job.folder.path / COMPOSED, dump(_composed(job)))
    status = "failed"
    try:
        _build(job, config, passport)
        _call(job, run)
        status = "interrupted" if job.cli.trainer.interrupted else "finished"
    except (KeyboardInterrupt, SystemExit):
        status = "interrupted"
        raise
    finally:
        unused = status == "failed" and passport is not None and passport.status == "starting"
        if passport is not None and not (unused and job.folder.discard()):
            passport.update(status)


def _build(job: Job, config: dict[str, Any], passport: "Passport | None") -> None:
    """Instantiate the experiment; what a constructor refuses is the user's to mend."""
    from lightning_fabric.utilities.exceptions import MisconfigurationException
    from pytorch_lightning import Callback

    from segcli.callbacks.prediction_writer import PredictionWriter
    from segcli.callbacks.results import Results
    from segcli.callbacks.run_record import RunRecord
    from segcli.callbacks.schedule_picture import SchedulePicture
    from segcli.sample import DataError

    always: list[Callback] = [RunRecord(config, passport), PredictionWriter() if job.verb == "predict" else Results()]
    always += [SchedulePicture()] if job.verb == "fit" else []
    try:
        job.cli.build(job.folder, always, load_weights=job.arguments.checkpoint is None)
    except DataError as error:
        raise complaints.from_data(error) from None
    except (ValueError, TypeError, OSError, ImportError, RuntimeError, MisconfigurationException) as error:
        if os.environ.get(TRACEBACK):
            raise
        raise complaints.from_component(error, job.experiment) from error


def _call(job: Job, run: Callable[[Job], None]) -> None:
    """Call the trainer; bugs keep their traceback, mistakes in files and settings get one error."""
    from lightning_fabric.utilities.exceptions import MisconfigurationException

    from segcli.sample import DataError

    try:
        run(job)
    except DataError as error:
        raise complaints.from_data(error) from None
    except MisconfigurationException as error:
        raise complaints.from_component(error, job.experiment) from None
    except ValueError as error:
        if os.environ.get(TRACEBACK) or not complaints.is_ours(error):
            raise
        raise complaints.from_component(error, job.experiment) from error
    except RuntimeError as error:
        if "loading state_dict" not in str(error):
            raise
        raise complaints.from_state_dict(error, job.arguments.checkpoint) from None


def _resolved(job: Job) -> dict[str, Any]:
    """Return the experiment with every default, so that it composes to exactly itself."""
    config = job.cli.resolved()
    config["run"]["name"] = job.name
    return {"defaults": "none", **config}


def _composed(job: Job) -> dict[str, Any]:
    """Return the experiment as files and overrides gave it, without the defaults of signatures."""
    return {"defaults": "none", **job.experiment.plain()}

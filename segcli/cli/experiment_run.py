"""What ``fit``, ``validate``, ``test`` and ``predict`` share: compose, choose the folder, build, run, record."""

import os
import sys
from argparse import ArgumentError
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli import arguments as command
from segcli.cli import complaints, continuing
from segcli.cli.complaints import TRACEBACK
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
        going_on: The interrupted run that goes on, if it is one.
    """

    verb: str
    name: str
    arguments: command.RunArguments
    experiment: Experiment
    cli: "SegmentationCLI"
    folder: RunFolder
    going_on: continuing.Continuation | None = None

    @property
    def checkpoint(self) -> Path | None:
        """What is loaded at the start."""
        return self.going_on.checkpoint if self.going_on is not None else self.arguments.checkpoint


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
    if verb == "fit" and typed.checkpoint == continuing.LAST:
        if not typed.files:
            raise ConfigError([Problem("fit --ckpt_path last needs the experiment whose run is to go on: -c FILE")])
        return
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
    name = experiment.get("run.name") or (typed.files[0].stem if typed.files else "run")
    parent = Path(experiment.get("run.root") or "runs") / name
    going_on = continuing.find(typed, parent) if verb == "fit" else None
    try:
        cli = parse_experiment(experiment)
        content = _read(going_on.checkpoint if going_on is not None else typed.checkpoint)
        folder = going_on.folder if going_on is not None else _folder(verb, typed, parent)
        return _start(Job(verb, name, typed, experiment, cli, folder, going_on), [verb, *words], content, run)
    finally:
        if going_on is not None:
            going_on.folder.release()


def parse_experiment(experiment: Experiment) -> "SegmentationCLI":
    """Type and validate an experiment.

    Raises:
        ConfigError: For every value of the wrong type.
    """
    from segcli.cli.lightning_cli import SegmentationCLI

    quiet()  # after the import, which sets the loggers' levels
    try:
        return SegmentationCLI(experiment.expanded())
    except ArgumentError as error:
        raise complaints.all_from_parser(error, experiment, SegmentationCLI().parse) from None


def _read(checkpoint: Path | None) -> Any:  # noqa: ANN401  (whatever was saved)
    """Read a checkpoint before anything is made for it: it may be damaged."""
    from segcli.inference.checkpoint import CheckpointError, read_checkpoint

    try:
        return read_checkpoint(checkpoint) if checkpoint is not None else None
    except CheckpointError as error:
        raise ConfigError([Problem(str(error))]) from None


def _folder(verb: str, typed: command.RunArguments, parent: Path) -> RunFolder:
    """Choose and make the folder that this verb writes to."""
    try:
        if verb == "fit":
            folder = RunFolder.create(parent)
            if is_first_process():
                folder.acquire()
            return folder
        assert typed.checkpoint is not None
        run = RunFolder.of_checkpoint(typed.checkpoint) or RunFolder.create(parent)
        return RunFolder.create(run.path / {"predict": PICTURES}.get(verb, verb))
    except RunFolderError as error:
        raise ConfigError([Problem(str(error))]) from None


def _start(job: Job, words: list[str], content: Any, run: Callable[[Job], None]) -> int:  # noqa: ANN401  (as read)
    """Build everything, run, and keep the passport true to the end.

    Returns:
        0, or the exit status of a run that a signal stopped.
    """
    from segcli.callbacks.last_checkpoint import RunStopped

    config = _resolved(job.cli, job.name)
    changed = _changes(job, config, content) if job.going_on is not None else {}
    passport = _passport(job, config, ["segcli", *words], content, changed) if is_first_process() else None
    status = "failed"
    try:
        if passport is not None and job.going_on is None:
            _save_config(job, config)
        _build(job, config, passport, content)
        if passport is not None and changed:
            _save_config(job, config)
        call_trainer(job, run)
        status = "interrupted" if job.cli.trainer.interrupted else "finished"
    except RunStopped as stopped:
        status = "interrupted"
        return int(stopped.code or 0)
    except (KeyboardInterrupt, SystemExit):
        status = "interrupted"
        raise
    finally:
        unused = status == "failed" and passport is not None and passport.status == "starting"
        if passport is not None and not (unused and (job.going_on is not None or job.folder.discard())):
            passport.update(status)
        job.folder.release()
    return 0


def _changes(job: Job, config: dict[str, Any], content: Any) -> dict[str, tuple[Any, Any]]:  # noqa: ANN401
    """Return what differs from the experiment that the interrupted run began with, if it can go on."""
    assert job.going_on is not None
    before = parse_experiment(compose([job.folder.config], []))
    changed = continuing.allowed_changes(job.folder, _resolved(before, job.name), config)
    continuing.check_progress(job.going_on, content or {}, changed)
    return changed


def _passport(
    job: Job,
    config: dict[str, Any],
    command_line: list[str],
    content: Any,  # noqa: ANN401
    changed: dict[str, tuple[Any, Any]],
) -> "Passport":
    """Begin the record of the run, or go on with it."""
    from segcli.runs.passport import Passport

    files = list(job.experiment.files)
    if job.going_on is None:
        return Passport(job.folder, command_line, config["seed_everything"], files)
    at = {key: content[key] if content else 0 for key in ("epoch", "global_step")}
    where = f"after step {at['global_step']}" if content else "from its beginning: it has no checkpoint yet"
    print(f"going on with {job.folder.path} {where}", file=sys.stderr, flush=True)
    return Passport.go_on(job.folder, command_line, files, **at, changed=changed)


def _save_config(job: Job, config: dict[str, Any]) -> None:
    """Write the experiment with every value, and as it was composed."""
    write_text(job.folder.path / CONFIG, dump(config))
    write_text(job.folder.path / COMPOSED, dump(_composed(job)))


def _build(job: Job, config: dict[str, Any], passport: "Passport | None", content: Any) -> None:  # noqa: ANN401
    """Instantiate the experiment, with the callbacks that keep its records."""
    from pytorch_lightning import Callback

    from segcli.callbacks.finite_loss import FiniteLoss
    from segcli.callbacks.prediction_writer import PredictionWriter
    from segcli.callbacks.results import Results
    from segcli.callbacks.run_record import RunRecord
    from segcli.callbacks.schedule_picture import SchedulePicture

    record = RunRecord(config, passport, continues=job.going_on is not None)
    always: list[Callback] = [record, PredictionWriter() if job.verb == "predict" else Results()]
    always += [SchedulePicture(), FiniteLoss()] if job.verb == "fit" else []
    continued_at = (content or {}).get("global_step", 0) if job.going_on is not None else None
    with complaints.of_constructors(job.experiment):
        job.cli.build(job.folder, always, load_weights=job.checkpoint is None, continued_at=continued_at)


def call_trainer(job: Job, run: Callable[[Job], None]) -> None:
    """Call the trainer; bugs keep their traceback, mistakes in files and settings get one error."""
    from lightning_fabric.utilities.exceptions import MisconfigurationException

    from segcli.callbacks.finite_loss import NonFiniteLossError
    from segcli.callbacks.last_checkpoint import RunStopped
    from segcli.cli.limits import explained
    from segcli.cli.strategies import end_processes
    from segcli.runs.checkpoint_file import CheckpointWriteError
    from segcli.sample import DataError

    try:
        try:
            with explained(job.cli.trainer, raw=bool(os.environ.get(TRACEBACK))):
                run(job)
        except (Exception, RunStopped):
            end_processes(job.cli.trainer)
            raise
    except DataError as error:
        raise complaints.from_data(error) from None
    except (NonFiniteLossError, CheckpointWriteError) as error:
        raise ConfigError([Problem(str(error))]) from None
    except MisconfigurationException as error:
        raise complaints.from_component(error, job.experiment) from None
    except ValueError as error:
        if os.environ.get(TRACEBACK) or not complaints.is_ours(error):
            raise
        raise complaints.from_component(error, job.experiment) from error
    except RuntimeError as error:
        if "loading state_dict" not in str(error):
            raise
        raise complaints.from_state_dict(error, job.checkpoint) from None


def _resolved(cli: "SegmentationCLI", name: str) -> dict[str, Any]:
    """Return the experiment with every default, so that it composes to exactly itself."""
    config = cli.resolved()
    config["run"]["name"] = name
    return {"defaults": "none", **config}


def _composed(job: Job) -> dict[str, Any]:
    """Return the experiment as files and overrides gave it, without the defaults of signatures."""
    return {"defaults": "none", **job.experiment.plain()}

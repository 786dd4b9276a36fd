"""What ``fit``, ``validate``, ``test`` and ``predict`` share: compose, choose the folder, build, run, record."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.config.compose import compose
from segcli.config.environment import ENVIRONMENT, as_it_was
from segcli.config.errors import ConfigError, Problem
from segcli.config.model_name import model_name
from segcli.config.monitored import check_monitors
from segcli.config.output import say
from segcli.config.overrides import split_overrides
from segcli.config.trainable import check_trainable
from segcli.experiment import resume
from segcli.experiment.arguments import RunArguments
from segcli.experiment.errors.situation import Building
from segcli.experiment.errors.translate import translated
from segcli.experiment.job import Job, call_trainer, compose_for, parse_experiment, warn_of
from segcli.experiment.records import RunRecords
from segcli.processes import is_first_process
from segcli.runs.run_folder import PICTURES, RunFolder
from segcli.runs.stored_files import read_config

if TYPE_CHECKING:
    from segcli.callbacks.prediction_writer import PredictionWriter
    from segcli.experiment.lightning_cli import SegmentationCLI
    from segcli.runs.passport import Passport


def execute(typed: RunArguments, run: Callable[[Job], None], entries: Mapping[str, object] | None = None) -> int:
    """Run one verb from its command line to its end.

    Args:
        typed: What the verb was given.
        run: Calls the trainer.
        entries: For the passport of a new run, over what the command line says.

    Raises:
        ConfigError: For every mistake of the user.
    """
    verb, words = typed.verb, typed.line
    experiment = compose_for(typed)
    warn_of(experiment)
    if verb == "fit" and (problems := check_trainable(experiment.root, experiment.library)):
        raise ConfigError(problems)
    name = experiment.get("run.name") or (typed.files[0].stem if typed.files else "run")
    parent = Path(experiment.get("run.root") or "runs") / name
    resumed = resume.find(typed, parent, ["segcli", verb, *words]) if verb == "fit" else None
    try:
        cli = parse_experiment(experiment)
        checkpoint = resumed.checkpoint if resumed is not None else typed.checkpoint
        content = read_content(verb, checkpoint)
        if checkpoint is None:
            with translated(Building(experiment)):
                cli.read_start()
        if verb == "fit" and checkpoint is not None:
            resume.require_state(content, checkpoint)
            if resumed is None and is_first_process():
                unread = "" if cli.config.model.weights is None else ", without model.weights: it brings all weights"
                say(f"beginning a new run from the state in {checkpoint}{unread}", file=sys.stderr)
        folder = resumed.folder if resumed is not None else _folder(verb, typed, parent)
        job = Job(verb, name, typed, experiment, cli, folder, resumed, entries or {})
        return _start(job, [verb, *words], content, run)
    finally:
        if resumed is not None:
            resumed.folder.release()


def read_content(verb: str, checkpoint: Path | None) -> Any:  # noqa: ANN401  (whatever was saved)
    """Read a checkpoint before anything is made for it: it may be damaged.

    Raises:
        ConfigError: If it is, or no checkpoint that the verb can use.
    """
    from segcli.inference.checkpoint import read_checkpoint, require_checkpoint, require_finite

    if checkpoint is None:
        return None
    with translated():
        content = read_checkpoint(checkpoint)
        if verb != "fit":  # which needs more, and says so
            require_checkpoint(content, checkpoint)
        require_finite(content, checkpoint)
    return content


def _folder(verb: str, typed: RunArguments, parent: Path) -> RunFolder:
    """Choose the folder that this verb writes to; it appears with the first records in it."""
    if verb == "fit":
        return RunFolder.reserve(parent)
    assert typed.checkpoint is not None
    with translated():
        run = RunFolder.of_checkpoint(typed.checkpoint) or RunFolder.create(parent)
    return RunFolder.reserve(run.path / {"predict": PICTURES}.get(verb, verb))


def _start(job: Job, words: list[str], content: Any, run: Callable[[Job], None]) -> int:  # noqa: ANN401  (as read)
    """Build everything, run, and keep the records true to the end.

    Returns:
        0, or the exit status of a run that a signal stopped.
    """
    from segcli.callbacks.last_checkpoint import RunStopped

    values = _resolved(job.cli, job.name)
    stored = read_config(job.folder.config) if job.resumed is not None else None
    config = job.experiment.environment.stored(values, stored)
    changed = _changes(job, values, content) if job.resumed is not None else {}
    line = ["segcli", *words]
    records = RunRecords.begin(job, config, line, content, changed) if is_first_process() else None
    status = "failed"
    try:
        _build(job, config, records.passport if records is not None else None, content)
        if records is not None and job.resumed is not None:
            records.reopen(changed)
        call_trainer(job, run)
        status = "interrupted" if job.cli.trainer.interrupted else "finished"
        if records is not None and job.verb == "fit":
            records.add_checkpoints()
    except RunStopped as stopped:
        status = "interrupted"
        return int(stopped.code or 0)
    except (KeyboardInterrupt, SystemExit):
        status = "interrupted"
        raise
    finally:
        if records is not None:
            records.close(status)
        job.folder.release()
    return 0


def _changes(job: Job, values: dict[str, Any], content: Any) -> dict[str, tuple[Any, Any]]:  # noqa: ANN401
    """Return what differs from the experiment that the interrupted run began with, if it can be resumed.

    Its values from the environment are known by their digests; what is given in their place needs no variable.
    """
    assert job.resumed is not None
    stored = read_config(job.folder.config)
    given = [
        each for each in split_overrides(job.arguments.overrides) if each.plain_key in (stored.get(ENVIRONMENT) or ())
    ]
    began = parse_experiment(compose([job.folder.config], [word for each in given for word in each.words]))
    before = as_it_was(_resolved(began, job.name), stored)
    changed = resume.allowed_changes(job.folder, before, job.experiment.environment.like(stored, values))
    resume.check_progress(job.resumed, content or {}, changed)
    return changed


def _build(job: Job, config: dict[str, Any], passport: "Passport | None", content: Any) -> None:  # noqa: ANN401
    """Instantiate the experiment, with the callbacks that keep its records."""
    from pytorch_lightning import Callback

    from segcli.callbacks.final_validation import FinalValidation
    from segcli.callbacks.finite_loss import FiniteLoss
    from segcli.callbacks.last_checkpoint import LastCheckpoint
    from segcli.callbacks.provenance import Provenance
    from segcli.callbacks.results import Results
    from segcli.callbacks.run_record import RunRecord
    from segcli.callbacks.schedule_picture import SchedulePicture
    from segcli.callbacks.start_lines import StartLines
    from segcli.callbacks.timing import Timing
    from segcli.loop.stored_loss import counts_in

    record = RunRecord(config, passport, continues=job.resumed is not None)
    is_fit = job.verb == "fit"
    size = _size(job) if is_fit and passport is not None else ()
    begins = StartLines(job.folder.path, _about_model(job, size))
    always: list[Callback] = [begins, record, _writer(job) if job.verb == "predict" else Results()]
    always.append(Timing(passport, *size))
    always += [SchedulePicture(), FiniteLoss(), FinalValidation()] if is_fit else []
    if passport is not None and job.verb != "predict":
        always.append(Provenance(passport, job.fingerprint))
    continued_at = (content or {}).get("global_step", 0) if job.resumed is not None else None
    with translated(Building(job.experiment)):
        job.cli.build(job.folder, always, load_weights=job.checkpoint is None, continued_at=continued_at)
    if job.resumed is not None:
        job.cli.model.run_loss.resumed_counts = counts_in(content or {}, job.cli.model.classes)
    for callback in job.cli.trainer.checkpoint_callbacks:
        if isinstance(callback, LastCheckpoint):
            callback.trains_on = job.resumed is not None and job.resumed.was_finished
    problems = check_monitors(job.experiment.root, job.experiment.library, job.cli.model.classes)
    if problems and is_fit:
        raise ConfigError(problems)


def _writer(job: Job) -> "PredictionWriter":
    """Return what writes predictions of the data.

    Raises:
        ConfigError: If the experiment saves what only predictions of named images are saved as.
    """
    from segcli.callbacks.prediction_writer import PredictionWriter

    save = job.cli.config.predict.save or ["labels", "overlays"]
    others = [name for name in save if name not in ("labels", "overlays")]
    if others:
        what = f"{others[0]} is saved of images that are named: predict INPUT; leave it out for those of the data"
        raise ConfigError([Problem(what, "predict.save")])
    return PredictionWriter(overlays="overlays" in save)


def _about_model(job: Job, size: tuple[float, int] | tuple[()]) -> str:
    """Return what is trained, and how large it is or what it is loaded from, where that is known."""
    known = f", {size[1] / 1e6:.2f} M parameters" if size else ""
    source = f", from {job.checkpoint}" if job.checkpoint is not None else ""
    return f"{model_name(job.experiment)}{known}{source}"


def _size(job: Job) -> tuple[float, int] | tuple[()]:
    """Return FLOPs of one forward pass at the size of training images, and parameters; nothing if they are not known.

    The random numbers of the run are left alone.

    Raises:
        ConfigError: If parts of the model refuse each other, which is known before any data is read.
    """
    import torch

    from segcli.experiment.meta_build import measure_model
    from segcli.experiment.parts import PartError, try_loss

    tree = job.experiment.expanded()
    with translated(Building(job.experiment)):
        try:
            with torch.random.fork_rng(devices=[]):
                try_loss(tree)
                cost = measure_model(tree, is_tried=False)
        except PartError as error:
            if error.is_of_any_image:
                raise
            return ()  # the run itself will tell
    return cost.flops / cost.input_shape[0], cost.parameters


def _resolved(cli: "SegmentationCLI", name: str) -> dict[str, Any]:
    """Return the experiment with every default, so that it composes to exactly itself."""
    config = cli.resolved()
    config["run"]["name"] = name
    return {"defaults": "none", **config}

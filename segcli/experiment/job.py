"""One verb at work: its experiment, its trainer, its folder."""

import itertools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.config.compose import Experiment, compose
from segcli.config.deprecated import deprecations
from segcli.config.environment import as_written
from segcli.config.errors import MAX_OPTIONS, ConfigError, Problem
from segcli.config.experiment_file import experiment_file
from segcli.config.foreign import find_foreign, find_plug_ins
from segcli.config.node import Source, from_plain
from segcli.config.output import say
from segcli.config.overrides import split_overrides
from segcli.experiment import resume
from segcli.experiment.arguments import RunArguments
from segcli.experiment.errors.situation import Reading, Running
from segcli.experiment.errors.translate import translated
from segcli.experiment.own_code import import_own
from segcli.experiment.quiet import quiet
from segcli.processes import is_first_process
from segcli.runs.run_folder import RunFolder
from segcli.runs.settings import FingerprintOf
from segcli.runs.stored_passport import VERIFIES

if TYPE_CHECKING:
    from segcli.experiment.lightning_cli import SegmentationCLI

SPLIT_KEYS = {f"data.{key}" for key in ("split_seed", "val_fraction", "test_fraction")}


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
        resumed: The interrupted run that is resumed, if it is one.
        entries: For the passport of a new run, over what the command line says.
    """

    verb: str
    name: str
    arguments: RunArguments
    experiment: Experiment
    cli: "SegmentationCLI"
    folder: RunFolder
    resumed: resume.Continuation | None = None
    entries: Mapping[str, object] = field(default_factory=dict)

    @property
    def fingerprint(self) -> FingerprintOf:
        """What of the data is hashed: to verify a run, its files are read, whatever is remembered of them."""
        how: FingerprintOf = self.cli.config.run.fingerprint
        return "reread" if how == "content" and VERIFIES in self.entries else how

    @property
    def checkpoint(self) -> Path | None:
        """What is loaded at the start."""
        return self.resumed.checkpoint if self.resumed is not None else self.arguments.checkpoint


def compose_for(typed: RunArguments) -> Experiment:
    """Compose the experiment from files, overrides, or the run or checkpoint that is given alone.

    Raises:
        ConfigError: If something is missing or wrong.
    """
    _check_files(typed)
    if typed.is_given or typed.checkpoint is None:
        return compose(typed.files, typed.overrides, base=typed.tree)
    for override in split_overrides(typed.overrides):
        if typed.verb != "fit" and override.plain_key in SPLIT_KEYS:
            why = "would count images among those to measure with that the checkpoint was trained on; train with it"
            raise ConfigError([Problem(why, override.plain_key)])
    run = RunFolder.of_checkpoint(typed.checkpoint)
    if run is not None:
        return compose([run.config], typed.overrides)
    from segcli.inference.checkpoint import experiment_in, load_checkpoint

    with translated():
        tree, _ = experiment_in(load_checkpoint(typed.checkpoint))
    whole = from_plain({"defaults": "none", **as_written(tree)}, Source(str(typed.checkpoint)))
    return compose([], typed.overrides, base=whole)


def warn_of(experiment: Experiment) -> None:
    """Name deprecated keys, and variables that have another value than when the run was stored that is composed."""
    if not is_first_process():
        return
    for problem in deprecations(experiment):
        say(f"warning: {problem.key}: {problem.message}", file=sys.stderr)
    for told in experiment.environment.changed():
        say(f"warning: {told} when the run was stored", file=sys.stderr)


def _check_files(typed: RunArguments) -> None:
    """Refuse a command line without what the verb needs, or with files that are not there."""
    verb = typed.verb
    if typed.checkpoint is None and (verb != "fit" or not typed.is_given):
        needs = (
            "an experiment: -c FILE" if verb == "fit" else "a checkpoint: --ckpt_path runs/.../checkpoints/best.ckpt"
        )
        raise ConfigError([Problem(f"{verb} needs {needs}")])
    typed.files = [experiment_file(str(file)) for file in typed.files]
    if verb == "fit" and typed.checkpoint == resume.LAST:
        if not typed.is_given:
            raise ConfigError(
                [Problem("fit --ckpt_path last needs the experiment whose run is to be resumed: -c FILE")]
            )
        return
    if typed.checkpoint is not None and not typed.checkpoint.is_file():
        is_folder = typed.checkpoint.is_dir()
        pattern = "**/*.ckpt" if is_folder else "*.ckpt"
        folder = typed.checkpoint if is_folder else typed.checkpoint.parent
        there = sorted(map(str, itertools.islice(folder.glob(pattern), MAX_OPTIONS)))
        if is_folder:
            message = f"{typed.checkpoint} is a folder; --ckpt_path takes a file"
            raise ConfigError([Problem(message, options=tuple(there))])
        raise ConfigError([Problem(f"no checkpoint {typed.checkpoint}", options=tuple(there))])


def parse_experiment(experiment: Experiment) -> "SegmentationCLI":
    """Type and validate an experiment.

    Raises:
        ConfigError: For every value of the wrong type.
    """
    from segcli.experiment.lightning_cli import SegmentationCLI

    quiet()  # after the import, which sets the loggers' levels
    with translated(Reading(experiment)):
        import_own([*find_foreign(experiment), *find_plug_ins(experiment)])
        return SegmentationCLI(experiment.expanded())


def call_trainer(job: Job, run: Callable[[Job], None]) -> None:
    """Call the trainer; bugs keep their traceback, mistakes in files, settings and code of one's own get one error.

    Raises:
        ConfigError: For such a mistake.
    """
    from segcli.callbacks.current_batch import CurrentBatch
    from segcli.callbacks.last_checkpoint import RunStopped
    from segcli.experiment.strategies import end_processes

    trainer, batch = job.cli.trainer, CurrentBatch()
    trainer.callbacks.append(batch)  # type: ignore[attr-defined]  # set in its constructor, not declared
    with translated(Running(job.experiment, trainer, batch, job.folder, job.checkpoint)):
        try:
            run(job)
        except (Exception, RunStopped):
            end_processes(trainer)
            raise

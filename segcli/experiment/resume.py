"""Which run ``fit`` resumes: one that was named, the newest that was interrupted, or that of a SLURM job."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcli.config.component import component_key
from segcli.config.dumper import dump_inline
from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say
from segcli.config.overrides import split_overrides
from segcli.experiment.arguments import RunArguments
from segcli.experiment.errors.translate import translated
from segcli.processes import is_first_process
from segcli.program import program
from segcli.runs.continuation import another_experiment, changes, of_this_job, unfinished
from segcli.runs.file_hashes import changed_files
from segcli.runs.run_folder import CONFIG, FOLDER_VARIABLE, METRICS, RunFolder
from segcli.runs.stored_files import StoredFileError, read_cells, read_config
from segcli.runs.stored_passport import FINISHED, passport_of, read_passport

LAST = Path("last")
MOST_CHANGES = 8


@dataclass(frozen=True)
class Continuation:
    """An interrupted run that is resumed in its own folder.

    Attributes:
        folder: Its folder.
        checkpoint: What it resumes from; None if it was killed before there was one, and begins again.
        was_finished: Whether it had ended by itself, and is to be trained for longer.
    """

    folder: RunFolder
    checkpoint: Path | None
    was_finished: bool = False


def find(typed: RunArguments, parent: Path, command_line: list[str]) -> Continuation | None:
    """Return the run that a command line of ``fit`` resumes; None where it begins a new one.

    Args:
        typed: The command line.
        parent: Folder of the experiment's runs.
        command_line: The command line as words, as a passport has it.

    Raises:
        ConfigError: If there is no such run, or it cannot be resumed.
    """
    if typed.checkpoint == LAST:
        return _acquired(_newest(parent))
    if typed.checkpoint is None:
        run = of_this_job(parent, command_line)
        return _acquired(run) if run is not None else None
    run = RunFolder.of_checkpoint(typed.checkpoint)
    keys = {override.key for override in split_overrides(typed.overrides)}
    renamed = typed.is_given or bool(keys & {"run.name", "run.root"})
    if run is None or (renamed and parent.resolve() != run.path.resolve().parent):
        return None  # a new run, from that state
    return _acquired(run, typed.checkpoint)


def allowed_changes(run: RunFolder, before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what is different from the experiment that an interrupted run began with.

    Args:
        run: The run.
        before: Its resolved experiment.
        now: The resolved experiment to resume it with.

    Raises:
        ConfigError: If it would be another experiment.
    """
    found = changes(before, now)
    other = {key: found.get(key, (None, None)) for key in another_experiment(before, now)}
    if other:
        shown = [f"  {_named(key)}: {dump_inline(old)} → {dump_inline(new)}" for key, (old, new) in other.items()]
        more = [f"  and {len(shown) - MOST_CHANGES} more"] if len(shown) > MOST_CHANGES else []
        variables = any("${oc.env:" in str(old) for old, _ in other.values())
        how = ", with its environment variables as they were" if variables else ""
        message = (
            f"{run.path} was begun with another experiment; resume it as it was{how}:\n"
            f"    {program()} fit --ckpt_path {run.last_checkpoint}\n"
            "  or begin a new run from its state with --run.name NAME. What differs:"
        )
        raise ConfigError([Problem("\n".join([message, *shown[:MOST_CHANGES], *more]))])
    return found


def check_progress(resumed: Continuation, content: Mapping[str, Any], changed: Mapping[str, tuple[Any, Any]]) -> None:
    """Refuse to resume from where that would overwrite what came later, or where nothing is left to do.

    Args:
        resumed: The run.
        content: Its checkpoint.
        changed: What differs from the experiment that it began with.

    Raises:
        ConfigError: If so.
    """
    from segcli.inference.checkpoint import CheckpointError, read_checkpoint

    run, checkpoint = resumed.folder, resumed.checkpoint
    last = run.last_checkpoint
    if checkpoint is not None and checkpoint.name != last.name and last.is_file():
        try:
            latest = read_checkpoint(last)["global_step"]
        except CheckpointError:
            return  # then an older one is what there is
        if latest > content["global_step"]:
            message = (
                f"{checkpoint} is from step {content['global_step']}, {last.name} beside it from step {latest}; going "
                f"on from the earlier would overwrite the later. Take {last}, or begin a new run from the earlier "
                "with --run.name NAME"
            )
            raise ConfigError([Problem(message)])
    longer = {"trainer.max_epochs", "trainer.max_steps", "trainer.max_time"} & set(changed)
    if passport_of(run).get("status") == FINISHED and not longer:
        message = f"{run.path} is finished; to train on, raise trainer.max_epochs, or what else ended it"
        raise ConfigError([Problem(message)])
    _, max_epochs = changed.get("trainer.max_epochs", (None, None))
    trained = content["loops"]["fit_loop"]["epoch_progress"]["current"]["processed"] if content else 0
    if max_epochs is not None and 0 <= max_epochs < trained:
        message = f"trainer.max_epochs got {max_epochs}, {run.path} has trained {trained} epochs already"
        raise ConfigError([Problem(message)])


def require_state(content: object, checkpoint: Path) -> None:
    """Refuse a file that was read, but is not the state of a training.

    Raises:
        ConfigError: If so.
    """
    needed = {"epoch", "global_step", "loops", "state_dict", "optimizer_states"}
    if not isinstance(content, dict) or not needed <= set(content):
        raise ConfigError([Problem(f"{checkpoint} does not hold the state of a training; nothing can resume from it")])


def _newest(parent: Path) -> RunFolder:
    """Return the newest interrupted run that no process is at work on."""
    inherited = os.environ.get(FOLDER_VARIABLE)
    if not is_first_process() and inherited:
        return RunFolder(Path(inherited))
    runs = unfinished(parent)
    for run in runs:
        if not is_first_process():
            return run
        if run.acquire():
            run.release()
            return run
        say(f"{run.path} is at work: looking for an earlier one", file=sys.stderr)
    at_work = (
        f"; {', '.join(str(run.path) for run in runs)} {'is' if len(runs) == 1 else 'are'} at work" if runs else ""
    )
    raise ConfigError([Problem(f"no interrupted run in {parent}{at_work}; leave out --ckpt_path last to begin one")])


def _require_readable(run: RunFolder) -> None:
    """See that what a run left can be read and is as it left it, before anything of it changes.

    Raises:
        ConfigError: If not.
    """
    advice = (
        f"take it from a copy, or begin a new run from its state: fit --ckpt_path {run.last_checkpoint} --run.name NAME"
    )
    try:
        passport = read_passport(run.path, trust=False)
        read_config(run.config)
        if (run.path / METRICS).is_file():
            read_cells(run.path / METRICS, is_whole=False)
    except StoredFileError as error:
        raise ConfigError([Problem(f"{run.path} cannot be resumed: {error}; {advice}")]) from None
    if changed_files(run.path, passport, [CONFIG]):
        message = (
            f"{run.config} was changed since the run began; change values with --key value. To resume it, {advice}"
        )
        raise ConfigError([Problem(message)])


def _acquired(run: RunFolder, checkpoint: Path | None = None) -> Continuation:
    _require_readable(run)
    if is_first_process():
        with translated():
            run.require_writable()
        if not run.acquire():
            raise ConfigError([Problem(f"{run.path}: another process is at work on this run")])
        run.announce()
    last = run.last_checkpoint if run.last_checkpoint.is_file() else None
    return Continuation(run, checkpoint or last, passport_of(run).get("status") == FINISHED)


def _named(key: str) -> str:
    return component_key(key)

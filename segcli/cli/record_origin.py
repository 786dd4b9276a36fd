"""What a run was trained from: experiment files and overrides, as its passport records."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcli.cli.command_line import read
from segcli.cli.evaluate import VERB as EVALUATE
from segcli.cli.fit import VERB as FIT
from segcli.config.errors import ConfigError, Problem
from segcli.config.extends import preset_name
from segcli.config.library import installed
from segcli.ledger.runs import shown
from segcli.ledger.settings import essential
from segcli.runs.stored_run import StoredRun


@dataclass(frozen=True)
class Origin:
    """What the command line of a run named.

    Attributes:
        files: Experiment files, relative to the working directory.
        overrides: Those that can change the result.
    """

    files: tuple[Path, ...]
    overrides: tuple[str, ...]


def origin_of(run: StoredRun, folder: Path) -> Origin:
    """Return the experiment of a run.

    Args:
        run: The run.
        folder: Of the experiments; the first file must lie in it.

    Raises:
        ConfigError: If the run had no experiment file, or one that is gone or lies elsewhere, or if it did not begin
            from the experiment's own weights.
    """
    command = read(EVALUATE if run.predictions else FIT, [str(word) for word in run.passport.get("command", ())[2:]])
    if not run.predictions and command.checkpoint is not None:
        message = f"{shown(run)} began from the state in {command.checkpoint}, which no experiment file describes"
        raise ConfigError([Problem(f"{message}; its scores are not those of an experiment")])
    named: Any = run.passport.get("experiment", command.files)
    files = tuple(_inside(Path(file), run, folder) for file in named)
    if not files:
        raise ConfigError([Problem(f"{shown(run)} was trained without an experiment file; there is none to record")])
    if not files[0].resolve().is_relative_to(folder.resolve()):
        message = f"{shown(run)} was trained from {files[0]}, which does not lie in {folder}"
        raise ConfigError([Problem(f"{message}; name the folder of the experiments with --folder DIR")])
    overrides = run.passport.get("overrides", command.overrides)
    return Origin(files, tuple(essential(files, [str(word) for word in overrides])))


def _inside(file: Path, run: StoredRun, folder: Path) -> Path:
    """Return a file as it is called below the working directory."""
    if (name := preset_name(file, installed())) is not None:
        message = f"{shown(run)} was trained from {name}, which is of the package and changes with it"
        own = f"{(folder / file.name).as_posix()} with the line extends: {name}"
        raise ConfigError([Problem(f"{message}; a result is of an experiment of yours: train {own}")])
    if not file.is_file():
        message = f"{shown(run)} was trained from {file}, which is not there any more"
        raise ConfigError([Problem(f"{message}; take it from git, or go to the folder that the run was started in")])
    if not file.resolve().is_relative_to(Path.cwd().resolve()):
        message = f"{shown(run)} was trained from {file}, which lies outside of the working directory"
        raise ConfigError([Problem(f"{message}; a result names a file below it: train one that extends this")])
    return file.resolve().relative_to(Path.cwd().resolve())

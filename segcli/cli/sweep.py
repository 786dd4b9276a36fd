"""Train an experiment with several values of its keys: ``segcli sweep -c FILE --vary KEY=A,B``."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.verb import CONFIG, Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import command
from segcli.config.output import say
from segcli.config.overrides import split_overrides
from segcli.processes import is_first_process
from segcli.program import program
from segcli.sweeps.child import ChildRunner

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.runs.stop_signals import StopSignals
    from segcli.sweeps.cell import Typed as Common
    from segcli.sweeps.cell_trainer import Outcome

MOST_CELLS = 1000
VERB = Verb(
    "sweep",
    "Train an experiment once for every combination of values, or search for good ones with Optuna.",
    (
        "-c FILE [-c FILE ...] --vary KEY=A,B [--vary ...]",
        "-c FILE [-c FILE ...] --search FILE",
    ),
    (
        CONFIG,
        Option(
            "--vary",
            "values of a key, split at commas outside of brackets and quotes; the last --vary changes fastest",
            "KEY=A,B",
            repeats=True,
        ),
        Option("--search", "a search space, see below; needs pip install 'segcli[search]'", "FILE"),
        Option("--dry-run", "print what would be run"),
        Option("--max-cells", f"how many combinations are no mistake, {MOST_CELLS}", "N"),
    ),
    (
        "-c experiments/quickstart.yaml --vary model.decoder=FPN,UNet --vary seed_everything=1,2,3",
        "-c experiments/quickstart.yaml --vary model.optimizer.lr=1e-3,1e-4 --trainer.max_epochs 20",
    ),
    """
Each is a run of its own, as fit with these words would make it, in runs/<stem of FILE>/<number>/. All are composed
before the first begins: mistakes are reported at once, and later changes of the files have no effect. The same command,
typed again, leaves out what is finished and resumes what was interrupted. Typed in a second terminal, such as with
another CUDA_VISIBLE_DEVICES, it shares the work. Ctrl-C and SIGTERM stop the run at work once its state is written.

A search space:

  metric: val/mIoU                   # default: what checkpoint.monitor names
  direction: maximize                # default: checkpoint.mode, of that metric
  trials: 20                         # in total, over all times that the command is typed
  space:
    model.optimizer.lr: {low: 1.0e-5, high: 1.0e-2, log: true}
    model.decoder: {choices: [FPN, UNet]}
    data.batch_size: {low: 4, high: 16, step: 4}
  sampler: {class_path: TPESampler, init_args: {seed: 0}}              # this is the default
  pruner: {class_path: MedianPruner, init_args: {n_warmup_steps: 2}}   # default: none; steps are validations, from 0
  storage: sqlite:///runs/NAME/search.db                               # this is the default
  study: NAME                                                          # default: that of the experiment

Writes for each, to runs/<stem of FILE>/sweep/, its output (.log), the experiment as composed (.yaml) and a lock.
Exit code: 0 if all are finished (of a search: if a trial was completed), 1 if not, 2 for mistakes, 130 or 143 if Ctrl-C
or SIGTERM stopped it.
""",
    most=0,
    overrides=True,
)


def run(typed: Typed) -> int:
    """Train; print a line at the beginning and the end of each run, and a table of all.

    Raises:
        ConfigError: For every mistake of the user, in any of the runs.
    """
    if not is_first_process():
        raise ConfigError([Problem("sweep starts processes itself; start it once, without a launcher")])
    variations, search = typed.values("--vary"), typed.value("--search")
    common = _common(typed)
    if bool(variations) == (search is not None):
        message = "sweep takes --vary or --search, got " + ("both" if variations else "neither")
        raise ConfigError([Problem(f"{message}; as in --vary model.decoder=FPN,UNet")])
    is_dry = typed.has("--dry-run")
    again = f"{program()} {command(['sweep', *typed.line])}"
    if search is not None:
        return _search(common, Path(search), is_dry, again)
    return _grid(common, variations, _most_cells(typed), is_dry, again)


def _grid(common: Common, words: Sequence[str], most_cells: int, is_dry: bool, again: str) -> int:
    from segcli.runs.stop_signals import StopSignals
    from segcli.runs.stored_passport import FINISHED
    from segcli.sweeps.cell import compose_cells
    from segcli.sweeps.cell_trainer import CellTrainer
    from segcli.sweeps.grid import combinations, parse_variations
    from segcli.sweeps.grid_sweep import dry_lines, run_grid
    from segcli.sweeps.table import table

    variations = parse_variations(words)
    _refuse_overridden(variations, common.overrides, "--vary")
    number = math.prod(map(len, variations.values()))
    if number > most_cells:
        shown = " x ".join(str(len(values)) for values in variations.values())
        message = f"--vary gives {shown} = {number} runs, more than {most_cells}; if so many are meant: "
        raise ConfigError([Problem(f"{message}--max-cells {number}")])
    cells = compose_cells(common, combinations(variations))
    objective = cells[0].objective
    stop = StopSignals()
    trainer = CellTrainer(ChildRunner(stop), objective, _say_inside)
    if is_dry:
        say(*dry_lines(cells, trainer))
        return 0
    stop.listen()
    try:
        outcomes = run_grid(cells, trainer, stop, objective, say)
    finally:
        stop.release()
    say("", *table(outcomes, objective))
    missing = sum(outcome.state != FINISHED for outcome in outcomes)
    return _end(stop, outcomes, again, f"not finished: {missing} of {len(cells)}" if missing else "")


def _search(common: Common, file: Path, is_dry: bool, again: str) -> int:
    from segcli.runs.stop_signals import StopSignals
    from segcli.sweeps.cell_trainer import CellTrainer
    from segcli.sweeps.plan import plan_search
    from segcli.sweeps.space import read_space
    from segcli.sweeps.table import table

    if importlib.util.find_spec("optuna") is None:
        raise ConfigError([Problem("--search needs Optuna: pip install 'segcli[search]'")])
    from segcli.sweeps.search import Search

    space = read_space(file)
    _refuse_overridden(space.dimensions, common.overrides, "space")
    plan = plan_search(common, space)
    if is_dry:
        say(*plan.lines())
        return 0
    stop = StopSignals()
    stop.listen()
    try:
        trainer = CellTrainer(ChildRunner(stop), plan.objective, _say_inside)
        outcomes, best = Search(plan, trainer, stop, say).run()
    finally:
        stop.release()
    say("", *table(outcomes, plan.objective))
    if best is not None:
        line = f"{program()} {command(common.words(best.settings))}"
        say("", f"best        {best.run}  {plan.objective.metric} {best.value:.4f}", f"            {line}")
    return _end(stop, outcomes, again, "no trial was completed" if best is None else "")


def _end(stop: StopSignals, outcomes: Sequence[Outcome], again: str, missing: str) -> int:
    """Say what is to be done, and return the exit code."""
    if stop.received is not None:
        say("", f"stopped by {stop.received.name}; to resume:", f"  {again}")
        return 128 + stop.received
    if missing:
        say("", f"{missing}; to try these again:", f"  {again}")
        return 1
    runs = sorted({str(outcome.run.parent) for outcome in outcomes if outcome.run is not None})
    say("", f"next        {program()} {command(['compare', *runs])}")
    return 0


def _common(typed: Typed) -> Common:
    from segcli.config.experiment_file import experiment_file
    from segcli.sweeps.cell import Typed as Common

    if not typed.files:
        raise ConfigError([Problem(f"sweep needs an experiment: {program()} sweep -c FILE --vary KEY=A,B")])
    return Common(tuple(experiment_file(file) for file in typed.files), typed.overrides)


def _most_cells(typed: Typed) -> int:
    text = typed.value("--max-cells") or str(MOST_CELLS)
    if not text.isdigit() or int(text) < 1:
        raise ConfigError([Problem(f"--max-cells got {text!r}, expected a whole number of at least 1")])
    return int(text)


def _refuse_overridden(keys: Iterable[str], overrides: Sequence[str], by: str) -> None:
    overridden = {override.plain_key for override in split_overrides(overrides)}
    both = [key for key in keys if key in overridden]
    if both:
        raise ConfigError([Problem(f"is set by {by} and by --{key}; leave one out", key) for key in both])


def _say_inside(line: str) -> None:
    say(f"  {line}")

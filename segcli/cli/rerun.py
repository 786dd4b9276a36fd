"""Repeat a run: ``segcli rerun RUN``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli.fit import VERB as FIT
from segcli.cli.fit import fit
from segcli.cli.verb import Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say
from segcli.processes import is_first_process
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.experiment.job import Job
    from segcli.runs.changes_since import Since
    from segcli.runs.stored_run import StoredRun

VERB = Verb(
    "rerun",
    """
Train RUN's experiment once more, from its config.yaml, in a new folder beside it. Says before what differs now in code,
packages, machine and experiment files, and afterwards whether data, weights at the start and scores are the same.
""",
    ("RUN",),
    (Option("--dry-run", "only say what differs"),),
    (
        "runs/quickstart/1",
        "runs/fpn_r50/3 --data.root /data/camvid",
    ),
    words="RUN, the folder of a run",
    least=1,
    most=1,
    overrides=True,
)


def run(typed: Typed) -> int:
    """Repeat a run; print what differs before and after."""
    from segcli.cli.command_line import read
    from segcli.experiment.run import execute
    from segcli.runs.changes_since import changes_since
    from segcli.runs.named_run import named_run

    before = named_run(typed.words[0], trust=False)
    if before.predictions:
        what = f"{before.path} holds scores of predictions that something else made: there is no training to repeat"
        raise ConfigError([Problem(f"{what}; score them again with {program()} verify {before.path}")])
    if is_first_process():
        _print_changes(before, changes_since(before.passport, runs=before.path.resolve().parent.parent))
    _print_overrides(before, typed.overrides)
    if typed.has("--dry-run"):
        return 0
    passport, root = before.passport, before.path.resolve().parent.parent
    if state := passport.get("loaded"):
        message = f"{before.path} began from the state in {state['checkpoint']}; begin it again with fit --ckpt_path"
        raise ConfigError([Problem(f"{message} and --run.name")])
    entries = {
        "rerun_of": str(before.path),
        "experiment": passport.get("experiment"),
        "overrides": [*(passport.get("overrides") or []), *typed.overrides],
    }

    made: list[Path] = []
    place = ["--run.root", str(root.relative_to(Path.cwd()) if root.is_relative_to(Path.cwd()) else root)]
    again = read(FIT, ["-c", str(before.path / "config.yaml"), *place, *typed.overrides])
    code = execute(again.arguments, lambda job: _train(job, made), entries)
    if made:
        _print_outcome(before, made[0])
    return code


def _train(job: Job, made: list[Path]) -> None:
    fit(job)
    if job.cli.trainer.is_global_zero and not job.cli.trainer.interrupted:
        made.append(job.folder.path)


def _print_changes(before: StoredRun, found: list[Since]) -> None:
    for name in before.changed:
        say(f"{before.path / name} was changed after the run wrote it")
    if not found:
        say(f"{before.path}: code, packages, machine and experiment files are as they were")
        return
    width = max(len(each.what) for each in found)
    files = {source["file"] for source in before.passport.get("sources") or []}
    say(f"{before.path}: what differs now")
    for each in found:
        say(f"  {each.what:{width}}  {each.then} → {each.now}")
    if any(each.what in files for each in found):
        say(f"  the run's own {before.path / 'config.yaml'} is trained, whatever the experiment files say by now")


def _print_overrides(before: StoredRun, overrides: Sequence[str]) -> None:
    """Say what the command line changes.

    Raises:
        ConfigError: If it has mistakes.
    """
    from segcli.config.compose import compose
    from segcli.config.dumper import dump_inline
    from segcli.config.resolve import resolve
    from segcli.runs.continuation import changes

    experiment = compose([before.path / "config.yaml"], overrides)
    now = experiment.environment.like(before.config, resolve(experiment).plain())
    config = {key: value for key, value in before.config.items() if key != "defaults"}
    for key, (old, new) in changes(config, now).items():
        origin = "environment" if key in experiment.environment.references else "command line"
        say(f"  {key}  {dump_inline(old)} → {dump_inline(new)}  ({origin})")


def _print_outcome(before: StoredRun, path: Path) -> None:
    """Say what came out in comparison."""
    from segcli.runs.stored_run import StoredRun
    from segcli.runs.unreadable_run import UnreadableRunError

    try:
        after = StoredRun.load(path)
        outcome = _outcome(before, after)
    except UnreadableRunError as error:
        say("", f"cannot be compared with {before.path}: {error.path} {error}")
        return
    say("", f"compared with {before.path}", *(f"  {line}" for line in outcome))


def _outcome(before: StoredRun, after: StoredRun) -> list[str]:
    from segcli.score_spec import OF_A_SET

    lines = [_same("data", before.passport, after.passport), _same("weights", before.passport, after.passport)]
    then, now = before.scores(), after.scores()
    names = [*(spec.name for spec in OF_A_SET), *(spec.name for spec in before.metric_specs)]
    for name in names:
        if then.get(name) is not None and now.get(name) is not None:
            lines.append(f"val/{name}  {then[name]:.6f} → {now[name]:.6f}  ({now[name] - then[name]:+.6f})")
    counts = before.counts(), after.counts()
    if counts[0].ids == counts[1].ids and counts[0].shape == counts[1].shape:
        moved = counts[0].moved(counts[1])
        lines.append("every pixel is counted as it was" if moved == 0 else f"{moved:,} pixels are counted differently")
    return lines


def _same(key: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    name = {"data": "data", "weights": "weights at the start"}[key]
    return f"{name}: {'the same' if then.get(key) == now.get(key) else 'DIFFERENT'}"

"""Keep the results of runs beside the experiments: ``segcli record RUN``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from segcli.cli.files import save
from segcli.cli.verb import Option, Verb
from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.keys import PREDICTIONS
from segcli.config.output import say
from segcli.ledger.table import BEGIN, END
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.cli.record_origin import Origin
    from segcli.ledger.entry import Entry
    from segcli.ledger.ledger import Ledger
    from segcli.runs.stored_run import StoredRun

VERB = Verb(
    "record",
    f"""
Keep the result of finished runs beside the experiments, in experiments/results/NAME.json, to be reviewed and committed:
scores, costs, data, versions, commit, and every setting that counts. Several runs must differ in the seed alone; their
mean and standard deviation are kept as well. RUN may be a folder of runs, which stands for all of them.

The table of all results stands in experiments/README.md, between the two lines

  {BEGIN}
  {END}

A result is marked stale there, with what changed, once its experiment is not what it was.
`segcli diff --git REV` names the results that a change makes stale.
""",
    ("RUN [RUN ...] [--name NAME] [--force]", "--table", "--check"),
    (
        Option(
            "--name", "name of the result; the stem of the experiment file, or run.name of predictions, else", "NAME"
        ),
        Option("--folder", "folder of the experiments; experiments, unless given", "DIR"),
        Option("--force", "record runs of an experiment that has changed since; they are marked stale"),
        Option("--table", "write the table anew and record nothing"),
        Option(
            "--check", "write nothing; exit with 1 if the table is not what experiments and results give, as for CI"
        ),
    ),
    (
        "runs/camvid_fpn_lite0/1",
        "runs/camvid_fpn_lite0/1 runs/camvid_fpn_lite0/2 runs/camvid_fpn_lite0/3",
        "runs/camvid_fpn_lite0/4 --name camvid_fpn_lite0_dice",
        "--check",
    ),
    "Exit code: 0, 1 with --check if the table is outdated, or 2 for mistakes.",
    words="RUN",
)
_FOLDER = "experiments"
_MOST_LINES = 20


def run(typed: Typed) -> int:
    """Record runs, or see to the table.

    Raises:
        ConfigError: If runs cannot be recorded, or the table has no place.
    """
    from segcli.ledger.ledger import Ledger
    from segcli.ledger.table import score

    ledger = Ledger(Path(typed.value("--folder") or _FOLDER))
    if typed.has("--table") or typed.has("--check"):
        if typed.words or typed.has("--name"):
            raise ConfigError([Problem("--table and --check take no runs and no name; record these first")])
        return _check(ledger) if typed.has("--check") else _write_table(ledger)
    if not typed.words:
        raise ConfigError([Problem(f"record needs the folder of a run: {program()} record runs/NAME/1")])
    entry = _record(ledger, typed)
    say(f"{ledger.path(entry.name)}  val mIoU {score(entry.figure())}")
    _write_table_if_there_is_a_place(ledger)
    return 0


def _record(ledger: Ledger, typed: Typed) -> Entry:
    from segcli.cli.record_origin import origin_of
    from segcli.ledger.entry import Entry
    from segcli.ledger.runs import check_one_experiment, entry_of, load_runs
    from segcli.ledger.table import score
    from segcli.runs.file_hashes import unhashed_note

    runs = load_runs(_folders(typed.words))
    check_one_experiment(runs)
    origin = origin_of(runs[0], ledger.folder)
    _check_origin(runs[0], origin, is_forced=typed.has("--force"))
    given = typed.value("--name")
    usual = str(runs[0].config[PREDICTIONS]) if runs[0].predictions else origin.files[0].stem
    name = usual if given is None else given
    if not name or PurePath(name).name != name or "\\" in name or name.startswith("."):
        raise ConfigError([Problem(f"--name got {name!r}, expected a file name without folders and suffix")])
    if note := unhashed_note([run.passport for run in runs]):
        say(f"note: {note}", file=sys.stderr)
    entry = entry_of(name, runs, origin.files, origin.overrides)
    path = ledger.path(name)
    if path.is_file() and not entry.is_of(before := Entry.read(path)):
        message = f"{path} holds the result of another experiment, {before.command}; give this one a --name of its own"
        raise ConfigError([Problem(message)])
    if path.is_file():
        say(f"replaces {score(before.figure())}")
    save(path, entry.text())
    return entry


def _folders(words: Sequence[str]) -> list[Path]:
    """Return the run folders that words name."""
    from segcli.runs.find_runs import find_runs

    for word in words:
        path = Path(word)
        if not path.is_dir():
            near = [str(each) for each in path.parent.iterdir()] if path.parent.is_dir() else []
            raise ConfigError([Problem(f"no folder {word}{did_you_mean(word, near)}; record takes folders of runs")])
        if not find_runs([path]):
            raise ConfigError([Problem(f"no run in {word}: a run has a passport.json and a config.yaml")])
    return find_runs([Path(word) for word in words])


def _check_origin(first: StoredRun, origin: Origin, is_forced: bool) -> None:
    """See that the experiment still is what ran; else the result would be stale from the start."""
    reason = _difference(first, origin)
    if reason is not None and not is_forced:
        advice = "train it again, or record it with --force: it is marked stale then"
        raise ConfigError([Problem(f"{reason}; {advice}")])
    if reason is not None:
        say(f"stale: {reason}", file=sys.stderr)


def _difference(first: StoredRun, origin: Origin) -> str | None:
    """Return how an experiment differs from what a run trained; None if it does not."""
    from segcli.ledger.runs import shown
    from segcli.ledger.settings import differences, listed, settings_of, settings_then

    file = origin.files[0]
    try:
        before = settings_of(first.config)
        found = differences(before, settings_then(before, origin.files, origin.overrides))
    except ConfigError as error:
        problem = error.problems[0]
        return f"{file} does not compose any more: {problem.key + ': ' if problem.key else ''}{problem.message}"
    did = "was scored by" if first.predictions else "trained"
    return f"{file} is not what {shown(first)} {did}: {listed(found)}" if found else None


def _write_table_if_there_is_a_place(ledger: Ledger) -> None:
    """Write the table; where the page has no marks, say how to add them: the result is recorded all the same."""
    page = ledger.page.read_text(encoding="utf-8") if ledger.page.is_file() else BEGIN
    if BEGIN in page or END in page:
        _write_table(ledger)
        return
    say(f"{ledger.page} has no place for the results; add these two lines, then: {program()} record --table")
    say(BEGIN, END)


def _write_table(ledger: Ledger) -> int:
    page = ledger.written_page()
    if page is None:
        message = f"{ledger.page} has no place for the results; add these two lines:\n{BEGIN}\n{END}"
        raise ConfigError([Problem(message)])
    save(ledger.page, page)
    number = sum(row.entry is not None for row in ledger.rows())
    say(f"{ledger.page}  written: {number} result{'' if number == 1 else 's'}")
    return 0


def _check(ledger: Ledger) -> int:
    from segcli.config.library import installed

    lines = ledger.outdated()
    if not lines:
        say(f"{ledger.page} is what experiments and results give")
        return 0
    shown_page = installed().files.show(ledger.page)
    say(f"{shown_page} is not what experiments and results give; write it anew: {program()} record --table")
    say(*lines[:_MOST_LINES])
    return 1

"""Measure a run's best checkpoint again: ``segcli verify RUN``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli.evaluate import VERB as EVALUATE
from segcli.cli.test import VERB as TEST
from segcli.cli.validate import VERB as VALIDATE
from segcli.cli.verb import Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.keys import PREDICTIONS
from segcli.config.output import say

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.experiment.job import Job
    from segcli.runs.evaluation import Evaluation
    from segcli.runs.image_counts import ImageCounts
    from segcli.runs.stored_run import StoredRun

TOLERANCE = 0.001
_MOST = 10
VERB = Verb(
    "verify",
    """
Recompute the metrics of RUN from its best checkpoint, and compare them with those that it recorded: every file that the
run wrote, the data, every score of every class, and the count of every pixel. A run of evaluate is scored again, from
its predictions.
""",
    ("RUN",),
    (
        Option(
            "--split",
            "val (default, as fit recorded it) or test (the newest test of the run)",
            "SPLIT",
            choices=("val", "test"),
        ),
        Option(
            "--tolerance",
            "largest difference of a score, and largest share of pixels counted differently, that pass, 0 to 1, "
            f"{TOLERANCE} unless given; another machine may round otherwise",
            "VALUE",
        ),
    ),
    (
        "runs/quickstart/1",
        "runs/fpn_r50/3 --data.root /data/camvid",
    ),
    "Exit code: 0 if all is as recorded, 1 if not, 2 for mistakes.",
    words="RUN, the folder of a run",
    least=1,
    most=1,
    overrides=True,
)


@dataclass
class _Record:
    """What a run recorded of one split, and whether all of it was found again so far."""

    run: StoredRun
    split: str
    tolerance: float
    found: Evaluation
    agrees: bool = True
    lines: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, run: StoredRun, split: str, tolerance: float) -> _Record:
        from segcli.runs.unreadable_run import UnreadableRunError

        try:
            record = cls(run, split, tolerance, run.evaluation(split))
            wrong = [*_not_as_written(run, record.found), *run.contradictions]
            wrong += record.found.contradictions if split != "val" else ()
        except UnreadableRunError as error:
            raise ConfigError([Problem(f"{run.path} {error}")]) from None
        record.lines, record.agrees = wrong, not wrong
        return record


def run(typed: Typed) -> int:
    """Measure again and compare; print both."""
    from segcli.cli.command_line import read
    from segcli.experiment.run import execute
    from segcli.runs.named_run import named_run
    from segcli.runs.run_folder import CHECKPOINTS
    from segcli.runs.stored_passport import VERIFIES

    run = named_run(typed.words[0], trust=False)
    split = typed.value("--split") or run.stage
    record = _Record.read(run, split, _tolerance(typed.value("--tolerance")))
    if run.predictions:
        _compare(_scored_again(run, run.predictions, typed.overrides), record)
        return int(not record.agrees)
    best = record.run.best_checkpoint
    if best is None:
        raise ConfigError([Problem(f"{record.run.path} kept no best checkpoint: checkpoint.save_top_k is 0")])
    if not best.is_file():
        raise ConfigError([Problem(f"{record.run.path} has no {CHECKPOINTS}/{record.run.best_name} to measure")])
    made: list[Path] = []
    again = read({"val": VALIDATE, "test": TEST}[split], ["--ckpt_path", str(best), *typed.overrides])
    code = execute(again.arguments, lambda job: _measure(job, split, made), {VERIFIES: str(record.run.path)})
    if made:
        _compare(made[0], record)
    return code or int(not record.agrees)


def _tolerance(word: str | None) -> float:
    try:
        value = TOLERANCE if word is None else float(word)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ConfigError([Problem(f"--tolerance got {word!r}, expected a number from 0 to 1")])
    return value


def _not_as_written(run: StoredRun, found: Evaluation) -> Iterator[str]:
    """Yield which files of a run, and of its test, are not as they were written."""
    from segcli.runs.file_hashes import changed_files
    from segcli.runs.run_folder import PASSPORT
    from segcli.runs.stored_passport import is_as_written
    from segcli.runs.surroundings import file_hash

    checkpoints = run.passport.get("checkpoints") or {}
    for name, written in checkpoints.items():
        path = run.path / "checkpoints" / name
        if path.is_file() and written is not None and file_hash(path) != written:
            yield f"{path} is not the file that the run wrote"
    if not is_as_written(run.passport):
        yield f"{run.path / PASSPORT} was changed after it was written"
    for folder, passport in {run.path: run.passport, found.folder: found.passport}.items():
        for name in changed_files(folder, passport, passport.get("stored") or ()):
            yield f"{folder / name} was changed after it was written"


def _scored_again(run: StoredRun, recorded: Mapping[str, Any], overrides: Sequence[str]) -> Path:
    """Score the predictions of a run of ``evaluate`` again; return the folder of the new scores."""
    from segcli.cli.command_line import read
    from segcli.experiment.evaluate import evaluate
    from segcli.runs.predictions import Predictions
    from segcli.runs.run_folder import COMPOSED
    from segcli.runs.stored_passport import VERIFIES

    given = Predictions.of(recorded)
    line = [*given.words(), "-c", str(run.path / COMPOSED), *overrides]
    again = read(EVALUATE, line)
    place, entries = run.path / EVALUATE.name, {VERIFIES: str(run.path)}
    return evaluate(again.arguments, given, place, entries).folder


def _measure(job: Job, split: str, made: list[Path]) -> None:
    cli = job.cli
    measure = {"val": cli.trainer.validate, "test": cli.trainer.test}[split]
    measure(cli.model, datamodule=cli.datamodule, ckpt_path=job.checkpoint, weights_only=True, verbose=False)
    if cli.trainer.is_global_zero:
        made.append(job.folder.path)


def _compare(folder: Path, record: _Record) -> None:
    """Print what was recorded beside what was measured now, and remember whether it agrees."""
    from segcli.runs.evaluation import read_evaluation
    from segcli.runs.file_hashes import unhashed_note
    from segcli.runs.stored_files import StoredFileError
    from segcli.runs.stored_passport import read_passport

    split = record.split
    say("", f"verify {record.run.path}, {split} split")
    if not record.run.is_hashed:
        note = unhashed_note([record.run.passport])
        say(f"  files: {note}; what they say of each other was compared")
    else:
        say(f"  files: {'NOT as the run wrote them' if record.lines else 'as the run wrote them'}")
    for line in record.lines:
        say(f"    {line}")
    try:
        now = read_evaluation(folder, split, read_passport(folder), record.run.classes)
    except StoredFileError as error:
        raise ConfigError([Problem(f"{folder} {error}")]) from None
    data = [_split(passport, split) for passport in (record.found.passport, now.passport)]
    same = not data[0] or data[0] == data[1]
    record.agrees &= same
    say(f"  data: {'as recorded' if same else 'DIFFERENT from those of the run'}")
    if record.run.predictions:
        then, again = (passport[PREDICTIONS]["sha256"] for passport in (record.run.passport, now.passport))
        record.agrees &= then == again
        say(f"  predictions: {'as recorded' if then == again else 'DIFFERENT from those of the run'}")
    _compare_scores(record, now.scores)
    _compare_counts(record, now.counts)
    say("as recorded" if record.agrees else "NOT as recorded")


def _split(passport: Mapping[str, Any], split: str) -> object:
    return ((passport.get("data") or {}).get("splits") or {}).get(split)


def _compare_scores(record: _Record, now: Mapping[str, Any]) -> None:
    """Print the scores of the whole split, and those of classes that differ."""
    from segcli.runs.consistency import flat_scores

    before, after = flat_scores(record.found.scores), flat_scores(now)
    of_classes = []
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        within = old == new or (old is not None and new is not None and abs(new - old) <= _allowed(key, old, record))
        record.agrees &= within
        line = f"  {record.split}/{key:15} {old} → {new}{'' if within else '  DIFFERENT'}"
        if "/" not in key:
            say(line)
        elif not within:
            of_classes.append(line)
    say(*of_classes[:_MOST])
    if len(of_classes) > _MOST:
        say(f"  and {len(of_classes) - _MOST} more of classes")


def _allowed(key: str, value: float, record: _Record) -> float:
    """Return the largest difference that passes, of a score, of one above 1 as a share, or of pixels of the truth."""
    return 0.0 if key.startswith("pixels/") else record.tolerance * max(1.0, abs(value))


def _compare_counts(record: _Record, now: ImageCounts) -> None:
    before, whole = record.found.counts, max(1, int(now.total().sum()))
    if (before.ids, before.shape) != (now.ids, now.shape):
        say("  other images, or other classes, were measured")
        record.agrees = False
    elif moved := before.moved(now):
        within = moved <= record.tolerance * whole
        record.agrees &= within
        say(f"  {moved:,} of {whole:,} pixels are counted differently{'' if within else '  DIFFERENT'}")
    else:
        say(f"  every pixel of {len(now.ids)} images is counted as it was")

"""Measure a run's best checkpoint again: ``segcli verify RUN``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcli.cli.command_line import Typed, read
from segcli.cli.experiment_run import execute
from segcli.cli.job import Job
from segcli.cli.rerun import load_run
from segcli.cli.test import VERB as TEST
from segcli.cli.validate import VERB as VALIDATE
from segcli.cli.verb import Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.runs.image_counts import ImageCounts
from segcli.runs.passport import passport_of
from segcli.runs.run_folder import RunFolder
from segcli.runs.stored_run import StoredRun, UnreadableRunError
from segcli.runs.surroundings import file_hash
from segcli.score_spec import OF_A_SET

TOLERANCE = 0.001
VERB = Verb(
    "verify",
    """
Recompute the metrics of RUN from its best checkpoint, and compare them with those that it recorded: the data, every
score, and the count of every pixel.
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
            f"largest difference of a score that passes, 0 to 1, {TOLERANCE} unless given; another machine may round "
            "otherwise",
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
    scores: Mapping[str, Any]
    counts: ImageCounts
    data: object
    agrees: bool = True

    @classmethod
    def read(cls, run: StoredRun, split: str, tolerance: float) -> "_Record":
        try:
            found = run.scores(split), run.counts(split)
        except UnreadableRunError as error:
            raise ConfigError([Problem(f"{run.path} {error}")]) from None
        passport = passport_of(RunFolder(run.folder(split)))
        data = (passport.get("data") or {}).get("splits", {}).get(split)
        return cls(run, split, tolerance, *found, data)


def run(typed: Typed) -> int:
    """Measure again and compare; print both."""
    split = typed.value("--split") or "val"
    record = _Record.read(load_run(typed.words[0]), split, _tolerance(typed.value("--tolerance")))
    best = record.run.path / "checkpoints" / "best.ckpt"
    if not best.is_file():
        raise ConfigError([Problem(f"{record.run.path} has no checkpoints/best.ckpt to measure")])
    written = (record.run.passport.get("checkpoints") or {}).get(best.name)
    if written is not None and written != file_hash(best):
        print(f"{best} is not the file that the run wrote")
        record.agrees = False
    made: list[Path] = []
    again = read({"val": VALIDATE, "test": TEST}[split], ["--ckpt_path", str(best), *typed.overrides])
    code = execute(again, lambda job: _measure(job, split, made), {"verifies": str(record.run.path)})
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


def _measure(job: Job, split: str, made: list[Path]) -> None:
    cli = job.cli
    measure = {"val": cli.trainer.validate, "test": cli.trainer.test}[split]
    measure(cli.model, datamodule=cli.datamodule, ckpt_path=job.checkpoint, weights_only=True, verbose=False)
    if cli.trainer.is_global_zero:
        made.append(job.folder.path)


def _compare(folder: Path, record: _Record) -> None:
    """Print what was recorded beside what was measured now, and remember whether it agrees."""
    run, split = record.run, record.split
    print(f"\nverify {run.path}, {split} split")
    now = passport_of(RunFolder(folder))["data"]["splits"][split]
    same = record.data is None or record.data == now
    print(f"  data: {'as recorded' if same else 'DIFFERENT from those of the run'}")
    record.agrees &= same
    scores = json.loads((folder / f"{split}_scores.json").read_text())
    for name in (spec.name for spec in OF_A_SET):
        before, after = record.scores[name], scores[name]
        within = before == after or (None not in (before, after) and abs(after - before) <= record.tolerance)
        record.agrees &= within
        print(f"  {split}/{name:15} {before} → {after}{'' if within else '  DIFFERENT'}")
    counts = ImageCounts.read(folder / f"{split}_images.npz")
    if (record.counts.ids, record.counts.shape) != (counts.ids, counts.shape):
        print("  other images, or other classes, were measured")
        record.agrees = False
    elif moved := record.counts.moved(counts):
        print(f"  {moved:,} of {int(counts.total().sum()):,} pixels are counted differently")
    else:
        print(f"  every pixel of {len(counts.ids)} images is counted as it was")
    print("as recorded" if record.agrees else "NOT as recorded")

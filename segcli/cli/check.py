"""Find mistakes in experiments without running them: ``segcli check FILE``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segcli.cli.verb import FORMAT, TRUSTED, Option, Verb
from segcli.config.output import say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed

VERB = Verb(
    "check",
    """
Find mistakes in experiments, run folders, or all experiments of a folder, without data and without weights: types,
missing and unknown keys, nulls, names, and what constructors refuse. Without FILE, all experiments here.
""",
    ("[FILE|FOLDER ...]",),
    (
        Option("--build", "build each model too, and pass a batch of shapes through it"),
        Option("--strict", "let warnings fail, too"),
        TRUSTED,
        FORMAT,
    ),
    (
        "experiments/quickstart.yaml",
        "experiments --build",
        ("--strict --format json", "for a job"),
    ),
    """
Code outside of the registries, such as a class of your own, is not run: its arguments are checked by its text. --build
runs that of the model. The last line says what was run.

A file of a folder called base or presets that is no whole experiment is checked as a fragment. Warnings: an override
without effect, a path of one machine, a warm-up as long as the run, a choice by the test split, images that look like
frames though `data.group` is not set.

Exit code 0: no mistakes. 1: warnings, with --strict. 2: mistakes. Writes nothing.
""",
    words="FILE or FOLDER",
)
FAILED, WARNED = 2, 1


def run(typed: Typed) -> int:
    """Check; print a line per file, and beneath it what was found.

    Raises:
        ConfigError: If there is nothing to check.
    """
    from segcli.experiment.check import check_experiments
    from segcli.reports.check_report import report_text

    reports = check_experiments(typed.words or ["."], builds=typed.has("--build"))
    say_text(report_text(reports, typed.format))
    if any(report.errors for report in reports):
        return FAILED
    return WARNED if typed.has("--strict") and any(report.warnings for report in reports) else 0

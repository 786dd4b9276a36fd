"""Write an experiment for a folder of images and masks: ``segcli new FOLDER``."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.files import save
from segcli.cli.verb import FORMAT, Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import visible
from segcli.config.output import say, say_text
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.survey.answers import Answers

VERB = Verb(
    "new",
    """
Look at a folder of images and masks, and write the experiment that trains on it: where images and masks lie, splits,
values or colours of masks with their share of the pixels, names of classes, values to ignore, channels, groups, a crop
and a batch that fit the images and this machine. A comment behind every value says why, and which are guesses.
""",
    ("FOLDER",),
    (
        Option("--output", "where to write; <name of FOLDER>.yaml by default", "FILE"),
        Option("--ask", "ask about every guess"),
        Option("--force", "replace FILE if it exists"),
        FORMAT,
    ),
    (
        "cells",
        "cells --output experiments/cells.yaml",
        ("cells --ask", "to name the classes"),
    ),
    """
Read are pairs of files wherever they lie, files of outlines (LabelMe, Supervisely, YOLO), COCO's annotations, a CSV
table with columns image and mask, a mask for each class or object, and data sets that are presets, which
`segcli list presets data/` names. Files are only read. What is written loads: samples of each split were
read with it.

Exit code: 0, 1 if nothing in FOLDER can be trained on, or 2 for mistakes.
""",
    words="one FOLDER",
    least=1,
    most=1,
)
NOTHING = 1
_SUFFIXES = (".yaml", ".yml")


def run(typed: Typed) -> int:
    """Look, write, and say what was found.

    Raises:
        ConfigError: If the folder is missing, or the file exists or cannot be written.
    """
    root = Path(typed.words[0]).expanduser()
    if not root.is_dir():
        what = "is no folder; name the one that it lies in" if root.exists() else "is missing"
        raise ConfigError([Problem(f"{typed.words[0]} {what}")])
    output = _output(typed, root)
    answers = _answers(typed)
    from segcli.reports.proposal_report import proposal_report
    from segcli.survey.experiment_text import experiment_text
    from segcli.survey.folder import look_at_folder
    from segcli.survey.proposal import NothingFoundError, propose
    from segcli.survey.training_size import this_device

    logging.getLogger("PIL").setLevel(logging.CRITICAL)  # what it would log is told with the name of the file
    try:
        proposal = propose(look_at_folder(root), _shown(root), this_device(), answers)
    except NothingFoundError as error:
        say(*str(error).splitlines(), file=sys.stderr)
        return NOTHING
    save(output, experiment_text(proposal))
    say_text(proposal_report(proposal, str(output), typed.format))
    return 0


def _output(typed: Typed, root: Path) -> Path:
    """Return the file to write."""
    given = typed.value("--output")
    name = re.sub(r"[^\w.-]+", "_", root.resolve().name).strip("._") or "data"
    output = Path(f"{name}.yaml" if given is None else given).expanduser()
    if output.suffix not in _SUFFIXES:
        raise ConfigError([Problem(f"--output got {given}, expected a name that ends in .yaml")])
    if output.is_dir():
        raise ConfigError([Problem(f"--output got {output}, which is a folder; name a file in it")])
    if output.exists() and not typed.has("--force"):
        raise ConfigError([Problem(f"{output} exists; name another file with --output, or replace it with --force")])
    return output


def _answers(typed: Typed) -> Answers:
    if not typed.has("--ask"):
        from segcli.survey.answers import Likeliest

        return Likeliest()
    from segcli.survey.answers import Asked

    if not sys.stdin.isatty():
        message = f"--ask needs a terminal to ask at; leave it out, and correct what {program()} new marks as a guess"
        raise ConfigError([Problem(message)])
    return Asked(_ask, lambda line: say(line, file=sys.stderr))


def _ask(question: str) -> str:
    sys.stderr.write(visible(question))
    sys.stderr.flush()
    try:
        return input()
    except EOFError:
        raise ConfigError([Problem("the input ended before all was answered; nothing was written")]) from None


def _shown(root: Path) -> str:
    """Return the folder as the experiment names it: below the working directory, else as it is."""
    whole, here = root.absolute(), Path.cwd()
    if whole.is_relative_to(here):
        return whole.relative_to(here).as_posix()
    return str(root)

"""Suggest which images to label next: ``segcli suggest --ckpt_path FILE FOLDER``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.data_preview import image_number
from segcli.cli.verb import CONFIG, FORMAT, Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.suggest.uncertainty import Measure

SKIPPED = 3
NUMBER = 50

VERB = Verb(
    "suggest",
    """
Rank the images of a folder, without labels, that a model would learn most from: those that it is unsure of, unlike each
other and unlike those that it was trained on. Of the 5 N most uncertain images, N are chosen one after the other, each
with the largest product of uncertainty and distance to the nearest that is labelled or chosen, by the features of the
backbone. Images that the data of the checkpoint hold already are left out.
""",
    ("--ckpt_path FILE FOLDER",),
    (
        Option("--ckpt_path", "a checkpoint; of several, probabilities are averaged", "FILE", repeats=True),
        CONFIG,
        Option("--n", f"how many images, {NUMBER}", "N"),
        Option(
            "--by",
            "what a pixel's uncertainty is: entropy (default), or margin between the two most probable classes",
            "MEASURE",
            choices=("entropy", "margin"),
        ),
        Option(
            "--labelled",
            "folder of images that are labelled, instead of the data of the checkpoint; or none",
            "FOLDER",
        ),
        Option("--output", "an empty or new folder, instead of <run folder>/suggestions/<number>", "FOLDER"),
        FORMAT,
    ),
    (
        "--ckpt_path runs/my_cells/1/checkpoints/best.ckpt new_images --n 20",
        ("--ckpt_path best.ckpt new_images --data.root /data/cells", "data that lie elsewhere"),
        ("--ckpt_path best.ckpt new_images --labelled cells/image", "data that are not at hand"),
    ),
    """
Writes suggestions.csv (image, where its mask is to be, rank, uncertainty, distance), suggestions.txt, a list of paths
for predict @suggestions.txt, suggestions.png to look at, and labelled.yaml, an experiment that trains on these images,
too, once they have masks.

Exit code: 0; 3 if images were skipped, which are named; 2 for mistakes.
""",
    words="FOLDER, of images",
    least=1,
    most=1,
    overrides=True,
)


def run(typed: Typed) -> int:
    """Choose images; print them, and what comes next.

    Raises:
        ConfigError: For every mistake of the user.
    """
    number = image_number(typed.value("--n"), default=NUMBER)
    if typed.checkpoint is None:
        raise ConfigError([Problem("suggest needs a checkpoint: --ckpt_path runs/.../checkpoints/best.ckpt")])
    from segcli.experiment.suggest import Request, suggest_for
    from segcli.reports.suggest_report import suggest_report

    by: Measure = "margin" if typed.value("--by") == "margin" else "entropy"
    checkpoints, output = [Path(each) for each in typed.values("--ckpt_path")], typed.value("--output")
    request = Request(
        Path(typed.words[0]),
        number,
        by,
        typed.value("--labelled"),
        checkpoints,
        None if output is None else Path(output),
    )
    suggested = suggest_for(typed.arguments, request)
    say_text(suggest_report(suggested, str(checkpoints[0]), typed.format))
    return SKIPPED if suggested.found.skipped else 0

"""Score label maps that something else predicted: ``segcli evaluate PREDICTIONS -c FILE``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.verb import CONFIG, FORMAT, Option, Verb
from segcli.config.escape import visible
from segcli.config.output import say, say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.runs.predictions import Predictions

VERB = Verb(
    "evaluate",
    """
Score label maps that something else predicted, such as nnU-Net or mmsegmentation: PREDICTIONS is a folder with a file
for each image, called like it. The experiment gives images, masks, classes, groups and model.metrics; no model is
built. The scores become a run of its own, which compare takes beside trained ones.
""",
    ("PREDICTIONS -c FILE",),
    (
        CONFIG,
        Option("--split", "val (default) or test", "SPLIT", choices=("val", "test")),
        Option(
            "--values",
            "what files hold: indices of classes, 0 to K - 1 (default; also those of a palette), or what the masks of "
            "the data hold, values or colours",
            "WHAT",
            choices=("classes", "masks"),
        ),
        Option(
            "--pattern",
            "how a prediction is called without extension, such as '{name}_pred'; {name} is the image's",
            "PATTERN",
        ),
        Option("--others", "class of pixels with any other value, which are an error else", "CLASS"),
        FORMAT,
    ),
    (
        "nnunet/predictions -c experiments/quickstart.yaml --run.name nnunet",
        "mmseg/work_dir/pred -c experiments/fpn_r50.yaml --pattern '{name}_pred' --values masks",
        "runs/quickstart/1/predictions/1 -c experiments/quickstart.yaml --split test",
    ),
    """
Prints IoU, Dice and pixels by class; writes runs/<name of PREDICTIONS>/<number>/. Runs with one --run.name are one
group to compare, as runs with several seeds are. With model.task multilabel there is PREDICTIONS/<class>/ for each
class, of files that hold 0 for no and 1 or 255 for yes.

Exit code: 0, or 2 for mistakes.
""",
    words="PREDICTIONS, a folder",
    least=1,
    most=1,
    overrides=True,
)


def run(typed: Typed) -> int:
    """Score; print and write the scores.

    Raises:
        ConfigError: For every mistake of the user.
    """
    from segcli.experiment.evaluate import evaluate
    from segcli.reports.evaluate_report import evaluate_report

    found = evaluate(typed.arguments, _predictions(typed))
    if typed.format == "text":
        from rich.console import Console
        from rich.markup import escape

        from segcli.callbacks.score_table import group_table, score_tables

        console = Console(force_jupyter=False)
        title = {"val": "validation", "test": "test"}[found.predictions.split]
        place = escape(visible(str(found.predictions.folder)))
        console.print(*score_tables(found.classes, found.scores, f"{title}, {place}"))
        if found.groups:
            console.print(group_table(found.groups))
        say("", f"written to {found.folder}")
    else:
        say_text(evaluate_report(found, typed.format))
        say(f"written to {found.folder}", file=sys.stderr)
    return 0


def _predictions(typed: Typed) -> Predictions:
    """Return what is to be scored."""
    from segcli.runs.predictions import Predictions

    return Predictions(
        Path(typed.words[0]),
        "test" if typed.value("--split") == "test" else "val",
        "masks" if typed.value("--values") == "masks" else "classes",
        typed.value("--pattern") or "{name}",
        typed.value("--others"),
    )

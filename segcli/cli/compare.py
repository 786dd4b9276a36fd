"""Report which runs are better, and whether it is noise: ``segcli compare RUNS``."""

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.verb import FORMAT, Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say, say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.comparison.comparison import Comparison

VERB = Verb(
    "compare",
    """
Report which runs are better, how fast they learned, what they cost, and whether a difference is more than noise. RUNS
are run folders, or folders of them. Runs that differ only in their seed are one group.
""",
    ("RUNS ...",),
    (
        Option("--by", "group by the values of these keys instead, such as model.decoder", "KEY,..."),
        Option(
            "--metric",
            "val/mIoU unless given; also mDice, pixel_accuracy, IoU/<class>, Dice/<class> of val or test, and what was "
            "logged, such as val/loss",
            "METRIC",
        ),
        Option(
            "--at", "which validation of each run: that of its best checkpoint, or the last", "WHICH", ("best", "last")
        ),
        Option(
            "--group",
            "which images belong together, such as frames: a pattern over their paths, '{clip}_*', in place of the "
            "data.group that the runs recorded",
            "PATTERN",
        ),
        Option(
            "--level",
            "value of the metric to which the way is timed; else 95 % of what the weakest group comes to",
            "VALUE",
        ),
        Option("--html", "write a page with plots, classes and images that needs nothing else", "FILE"),
        Option("--plots", "write the plots as PNG", "FOLDER"),
        FORMAT,
        Option("--force", "compare runs of different images, classes or definitions nonetheless"),
    ),
    (
        "runs/camvid_fpn_lite0",
        "runs/fpn runs/unet --by model.decoder --html report.html",
        "runs/*/* --metric test/IoU/road --format markdown",
    ),
    """
Intervals are of 95 %. They cover the noise of seeds and the choice of images; those of a difference do not cover how
hard the images are for everybody, so judge by the differences and not by whether the intervals of groups overlap. A
group is called better if p, corrected for the number of pairs (Holm), is below 0.05.

Exit code: 0, or 2 for mistakes and runs that cannot be compared.
""",
    words="RUNS",
    least=1,
)


def run(typed: "Typed") -> int:
    """Print a comparison; write its page and plots.

    Raises:
        ConfigError: If an option is wrong, or the runs cannot be compared.
    """
    from segcli.comparison.compare_runs import compare_runs
    from segcli.comparison.measured_run import BEST, LAST, At
    from segcli.comparison.metric import MEAN_IOU
    from segcli.config.tables import line_width
    from segcli.reports.compare_report import report

    by = [key.strip() for key in (typed.value("--by") or "").split(",") if key.strip()]
    metric, level = typed.value("--metric") or MEAN_IOU, _level(typed.value("--level"))
    places = [Path(word) for word in typed.words]
    page = typed.value("--html")
    if page is not None and Path(page).suffix not in (".html", ".htm"):
        raise ConfigError([Problem(f"got {page!r}, expected a name that ends in .html", "--html")])
    at: At = LAST if typed.value("--at") == LAST else BEST
    found = compare_runs(places, by, metric, level, typed.has("--force"), at, typed.value("--group"))
    if page is not None:
        from segcli.comparison.page.page import write_page

        _write(write_page, found, Path(page))
    if folder := typed.value("--plots"):
        from segcli.comparison.plots.plots import write_plots

        _write(write_plots, found, Path(folder))
    say_text(report(found, typed.format, line_width()))
    return 0


def _level(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        level = float(text)
    except ValueError:
        level = math.nan
    if not math.isfinite(level):
        raise ConfigError([Problem(f"got {text!r}, expected a value of the metric, such as 0.6", "--level")])
    return level


def _write(write: "Callable[[Comparison, Path], object]", found: "Comparison", path: Path) -> None:
    from segcli.comparison.load import shown

    try:
        write(found, path)
    except OSError as error:
        raise ConfigError([Problem(f"cannot write {path}: {error.strerror or error}")]) from None
    say(f"written to {shown(path.resolve())}", file=sys.stderr)

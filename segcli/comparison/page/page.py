"""A comparison as one HTML file that needs nothing else: no network, no scripts, no fonts."""

from pathlib import Path

from segcli.comparison.comparison import CONFIDENCE, Comparison
from segcli.comparison.figures import plural
from segcli.comparison.group_counts import GroupCounts
from segcli.comparison.metric import Metric
from segcli.comparison.page.confusion import confusion
from segcli.comparison.page.elements import Html, element, joined
from segcli.comparison.page.frame import framed, navigation
from segcli.comparison.page.images import images
from segcli.comparison.page.results import classes, convergence, scores
from segcli.comparison.page.settings import settings
from segcli.comparison.page.summary import findings, notices, summary, title
from segcli.disk import write_text

CONTENTS = {
    "summary": "Summary",
    "scores": "Scores",
    "convergence": "Convergence",
    "classes": "Classes",
    "confusion": "Confusion",
    "images": "Worst images",
    "settings": "Settings",
}
"""Headings of the sections, by the names to link to."""


def write_page(comparison: Comparison, path: Path) -> None:
    """Write a comparison as an HTML page: tables, plots, confusion matrices, worst images and settings.

    Whatever comes from runs is escaped. The page asks for nothing outside of itself, and forbids the browser to.

    Args:
        comparison: What was found.
        path: The file; it is replaced if it exists.

    Raises:
        OSError: If it cannot be written.
    """
    write_text(path, page(comparison))


def page(comparison: Comparison) -> str:
    """Return the page."""
    return framed(
        title=f"{title(comparison)} - segcli compare",
        head=_head(comparison),
        body=joined([*notices(comparison), *_sections(comparison)]),
        foot=_foot(comparison),
    )


def _head(comparison: Comparison) -> Html:
    runs = sum(len(group.runs) for group in comparison.groups)
    number = f"{plural(len(comparison.groups), 'group')}, {plural(runs, 'run')}"
    direction = "lower is better" if comparison.lower_is_better else "higher is better"
    return joined(
        [
            element("p", f"segcli compare · {number} · {direction}", class_="over"),
            element("h1", title(comparison)),
            element("p", findings(comparison), class_="finding"),
            *([navigation(CONTENTS)] if comparison.groups else []),
        ]
    )


def _sections(comparison: Comparison) -> list[Html]:
    if not comparison.groups:
        return []
    stage = Metric.named(comparison.metric).stage
    measured = {group.label: GroupCounts.of(group, stage) for group in comparison.groups}
    validated = measured if stage == "val" else {g.label: GroupCounts.of(g, "val") for g in comparison.groups}
    return [
        summary(comparison),
        scores(comparison),
        convergence(comparison),
        classes(comparison),
        confusion(measured),
        images(comparison, validated),
        settings(comparison),
    ]


def _foot(comparison: Comparison) -> Html:
    return element(
        "p",
        f"{comparison.metric}: mean ± standard deviation between runs. Intervals: {CONFIDENCE:.0%} of the mean, or of "
        "a difference of means. p: two-sided, corrected for the number of differences looked at (Holm, 1979). "
        "Area: mean height of the curve over the steps that all runs have. Training time is without validation.",
    )

from dataclasses import replace
from pathlib import Path

from segcli.comparison.comparison import Comparison, Difference, Estimate
from segcli.comparison.plots.scores import (
    class_differences_figure,
    class_rows,
    differences_figure,
    pair_rows,
    scores_figure,
)
from segcli.plot_style import COLOURS, PAPER, style
from tests.comparison.made_comparison import make_comparison


def _with_verdict(comparison: Comparison, verdict: str) -> Comparison:
    (pair,) = comparison.pairs
    score = Difference(comparison.metric, Estimate(0.1, None, 0.05, 0.15), 0.01, 0.02, verdict)
    return replace(comparison, pairs=(replace(pair, score=score),))


def test_every_run_is_a_dot_and_every_mean_is_written(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    with style():
        (axes,) = scores_figure(comparison).axes
    drawn = [tuple(line.get_xdata()) for line in axes.lines]
    for group in comparison.groups:
        assert group.values in drawn
        assert (group.score.low, group.score.high) in drawn
        assert any(f"{group.score.mean:.3f} [" in text.get_text() for text in axes.texts)
    low, high = axes.get_xlim()
    assert low < min(min(group.values) for group in comparison.groups)
    assert high > max(max(group.values) for group in comparison.groups)


def test_the_better_group_gives_its_colour(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    expected = {("higher", False): 0, ("lower", False): 1, ("higher", True): 1, ("lower", True): 0}
    for (verdict, is_loss), position in expected.items():
        changed = replace(_with_verdict(comparison, verdict), lower_is_better=is_loss)
        assert pair_rows(changed, changed.pairs)[0].colour == COLOURS[position]


def test_what_is_not_beyond_the_noise_is_hollow(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    faces = {}
    for verdict in ("higher", "not distinguishable", "unknown"):
        changed = _with_verdict(comparison, verdict)
        with style():
            (axes,) = differences_figure(pair_rows(changed, changed.pairs), "val/mIoU", ("left", "right")).axes
        faces[verdict] = next(line for line in axes.lines if line.get_marker() == "o").get_markerfacecolor()
    assert faces == {"higher": COLOURS[0], "not distinguishable": PAPER, "unknown": PAPER}


def test_differences_by_class_name_every_class_and_hold_zero(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, classes=("a", "$b$", "c" * 40))
    with style():
        figure = class_differences_figure(class_rows(comparison, comparison.pairs[0]), "IoU", ("UNet", "FPN"))
        figure.draw_without_rendering()
    (axes,) = figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[:2] == ["a", "$b$"]
    assert len(names[2]) == 22
    assert axes.get_xlim()[0] < 0 < axes.get_xlim()[1]
    assert [text.get_text() for text in figure.texts] == ["← UNet", "FPN →"]

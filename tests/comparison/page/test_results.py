from dataclasses import replace
from pathlib import Path

from segcli.comparison.comparison import Convergence
from segcli.comparison.page.results import MOST_CLASS_PAIRS, classes, convergence, scores
from tests.comparison.made_comparison import make_comparison


def test_every_plot_says_what_it_shows(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    found = scores(comparison) + convergence(comparison) + classes(comparison)
    for words in (
        "val/mIoU of every run, with means and intervals",
        "Differences of val/mIoU between groups",
        "val/mIoU over parameters and over the time of a step",
        "val/mIoU over steps",
        "val/mIoU over training time",
        "IoU from background to square",
        "Differences of IoU by class, FPN \N{MINUS SIGN} UNet",
    ):
        assert f'aria-label="{words}"' in found
    assert found.count("<svg") == 7


def test_sides_are_those_of_a_loss_too(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    assert "← UNet better" in scores(comparison)
    assert "← FPN better" in scores(replace(comparison, lower_is_better=True))


def test_without_curves_or_classes_a_sentence_says_so(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    bare = tuple(replace(g, by_class={}, convergence=Convergence({}, None, None, ())) for g in comparison.groups)
    changed = replace(comparison, groups=bare)
    assert "val/mIoU was not logged." in convergence(changed)
    assert "no scores of single classes" in classes(changed)
    assert "<svg" not in convergence(changed) + classes(changed)


def test_classes_beyond_the_noise_are_named_and_all_are_in_a_table(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, classes=("<a>", "b", "c", "d"))
    found = classes(comparison)
    assert "Beyond the noise: <strong>&lt;a&gt;</strong> and <strong>d</strong>." in found
    estimate = comparison.groups[1].by_class["b"]
    assert f"{estimate.mean:.3f} ± {estimate.deviation:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]" in found


def test_pairs_that_are_not_drawn_are_counted(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, labels=[f"g{n}" for n in range(7)], runs=1)
    assert f"Not drawn by class: {21 - MOST_CLASS_PAIRS} more pairs." in classes(comparison)
    assert "6 of 21 pairs." in scores(comparison)
    assert "Not drawn" not in classes(make_comparison(tmp_path / "two"))

import re
from dataclasses import replace
from pathlib import Path

import pytest

from segcli.comparison.comparison import Comparison, Difference, Estimate, Reached
from segcli.comparison.page.summary import findings, notices, some, summary, title, verdict
from tests.comparison.made_comparison import make_comparison


def _text(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def _with_verdicts(comparison: Comparison, *verdicts: str) -> Comparison:
    pairs = tuple(
        replace(pair, score=Difference("val/mIoU", Estimate(0.011, None, -0.002, 0.024), 0.04, 0.08, said))
        for pair, said in zip(comparison.pairs, verdicts, strict=True)
    )
    return replace(comparison, pairs=pairs)


def test_the_best_group_is_told_apart_from_those_it_can_be(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, labels=("FPN", "UNet", "PSP"))
    changed = _with_verdicts(comparison, "higher", "not distinguishable", "higher")
    mean = f"{comparison.groups[0].score.mean:.3f}"
    said = _text(findings(changed))
    assert said.startswith(f"FPN has the highest mean val/mIoU, {mean} ±")
    assert said.endswith(": beyond the noise of UNet ; not distinguishable from PSP .")
    assert "lowest mean" in findings(replace(changed, lower_is_better=True))


def test_single_runs_are_never_better(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, runs=1)
    assert "unknown against" in findings(comparison)
    assert "beyond" not in findings(comparison)
    assert verdict(comparison.pairs[0], comparison.groups).startswith("unknown: 1 seed")


def test_one_group_and_none(tmp_path: Path) -> None:
    assert "There is no other group" in findings(make_comparison(tmp_path, labels=("FPN",)))
    assert findings(Comparison("val/mIoU", (), (), (), None, (), ())) == "No run could be compared."


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("not distinguishable", "not distinguishable at these 3 seeds"),
        ("higher", "FPN is higher, beyond the noise of these 3 seeds"),
        ("lower", "FPN is lower, beyond the noise of these 3 seeds"),
    ],
)
def test_verdicts_name_the_seeds(tmp_path: Path, said: str, expected: str) -> None:
    comparison = _with_verdicts(make_comparison(tmp_path), said)
    assert verdict(comparison.pairs[0], comparison.groups) == expected
    first, second = comparison.groups
    fewer = (first, replace(second, runs=second.runs[:2]))
    assert verdict(comparison.pairs[0], fewer) == expected.replace("3 seeds", "3 and 2 seeds")


def test_tables_hold_what_a_terminal_shows(tmp_path: Path) -> None:
    comparison = _with_verdicts(make_comparison(tmp_path, level=0.5), "not distinguishable")
    said = _text(summary(comparison))
    group = comparison.groups[0]
    assert f"FPN 3 {group.score.mean:.3f} ± {group.score.deviation:.3f} [{group.score.low:.3f}" in said
    assert "to 0.500, the common level" in said
    assert "0.610 ± 0.020" in said
    assert "FPN \N{MINUS SIGN} UNet +0.011 [\N{MINUS SIGN}0.002, +0.024] 0.080 not distinguishable at these 3" in said
    assert "FPN 5.2 M 1.5 100 1.0 GiB 2.17 min cpu" in said
    for run, value in zip(group.runs, group.values, strict=True):
        assert f"{run.name} FPN {run.seed} {value:.3f} {run.path}" in said


def test_runs_that_never_reach_a_level_are_counted(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, labels=("FPN",))
    (group,) = comparison.groups
    for reached, expected in (
        (Reached(0, None, None, None), "not reached"),
        (Reached(2, 3.0, 30.0, 4.5), "3 epochs 30 steps, 4.5 s, 2 of 3 runs"),
    ):
        changed = replace(group, convergence=replace(group.convergence, to_level=reached))
        assert expected in _text(summary(replace(comparison, groups=(changed,))))


def test_of_many_pairs_those_with_the_best_come_first(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, labels=[f"g{n}" for n in range(7)], runs=1)
    found = summary(comparison)
    start, _, rest = found.partition("15 more pairs")
    assert start.count("\N{MINUS SIGN} g") == 6
    assert rest.count("\N{MINUS SIGN} g") == 15


def test_notes_and_left_out_runs_are_escaped(tmp_path: Path) -> None:
    left_out = ((tmp_path / "<b>", "did not finish <killed>"),)
    comparison = replace(make_comparison(tmp_path / "runs"), notes=("a <note>",), left_out=left_out)
    said = "".join(notices(comparison))
    assert "a &lt;note&gt;" in said
    assert "1 run left out" in said
    assert f"{tmp_path}/&lt;b&gt;" in said
    assert "did not finish &lt;killed&gt;" in said
    assert list(notices(make_comparison(tmp_path / "more"))) == []


def test_titles_and_lists(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    assert title(comparison) == "val/mIoU by model.decoder"
    assert title(replace(comparison, keys=())) == "val/mIoU"
    assert _text(some(["a"])) == "a"
    assert _text(some(["a", "b", "c"])) == "a , b and c"
    assert _text(some(list("abcdefg"))) == "a , b , c , d and 3 more"

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from segcli.comparison.compare_runs import compare_runs
from segcli.comparison.comparison import Comparison, Difference, Estimate
from segcli.reports.compare_report import interval, largest, pair_sentence, report
from tests.comparison.drawn import run_on_one_truth


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Comparison:
    monkeypatch.chdir(tmp_path)
    for decoder, quality in (("FPN", 0.85), ("UNet", 0.70)):
        for seed in (1, 2, 3):
            run_on_one_truth(tmp_path / "runs" / decoder / str(seed), seed, quality, decoder=decoder)
    run_on_one_truth(tmp_path / "runs" / "UNet" / "4", status="interrupted")
    return compare_runs([tmp_path / "runs"])


def difference(subject: str, mean: float, verdict: str, p: float | None = 0.5) -> Difference:
    return Difference(subject, Estimate(mean, None, mean - 0.01, mean + 0.01), p, p, verdict)


def sentence(found: Comparison, score: Difference, lower_is_better: bool = False) -> str:
    pair = replace(found.pairs[0], score=score)
    return pair_sentence(pair, replace(found, pairs=(pair,), lower_is_better=lower_is_better))


def test_text_says_groups_pairs_classes_what_was_left_out_and_notes(found: Comparison) -> None:
    blocks = report(replace(found, notes=("look out",)), "text").split("\n\n")

    assert [block.split()[0] for block in blocks] == ["model.decoder", "FPN", "FPN", "left", "note:"]
    assert blocks[1].startswith("FPN - UNet: +0.")
    assert blocks[2].splitlines()[0] == "FPN - UNet by class, IoU:"
    assert all(line.endswith("  beyond the noise") for line in blocks[2].splitlines()[1:])
    assert blocks[3] == "left out:\n  runs/UNet/4  did not finish (interrupted)"
    assert blocks[4] == "note: look out"


def test_a_pair_is_told_in_a_sentence(found: Comparison) -> None:
    same = difference("val/mIoU", 0.011, "not distinguishable", 0.08)
    assert sentence(found, same) == (
        "FPN - UNet: +0.011 [+0.001, +0.021], p 0.08: not distinguishable at these 3 seeds"
    )
    assert sentence(found, difference("m", 0.1, "higher", 1e-5)).endswith(", p < 0.001: FPN is better")
    assert sentence(found, difference("m", -0.1, "lower")).endswith("UNet is better")
    assert sentence(found, difference("m", -0.1, "lower"), lower_is_better=True).endswith("FPN is better")
    assert sentence(found, difference("m", 0.1, "unknown", None)).endswith(
        "[+0.090, +0.110]: the noise is unknown: equal runs, or hardly two images"
    )


def test_who_has_one_run_is_told(found: Comparison) -> None:
    one, other = found.groups
    unknown = difference("m", 0.1, "unknown", None)
    single = replace(one, runs=one.runs[:1])

    assert sentence(replace(found, groups=(single, other)), unknown).endswith(
        "FPN has one run: the noise between seeds is unknown, and not in the interval"
    )
    both = replace(found, groups=(single, replace(other, runs=other.runs[:1])))
    assert sentence(both, unknown).endswith(
        ": one run each: the noise between seeds is unknown, and not in the interval"
    )
    fewer = replace(found, groups=(one, replace(other, runs=other.runs[:2])))
    assert sentence(fewer, difference("m", 0.1, "not distinguishable")).endswith("at these 3 and 2 seeds")


def test_of_several_pairs_the_corrected_p_is_told_as_well(found: Comparison) -> None:
    pair = replace(found.pairs[0], score=replace(difference("m", 0.1, "not distinguishable", 0.04), p_holm=0.12))
    text = pair_sentence(pair, replace(found, pairs=(pair, pair, pair)))
    assert ", p 0.04 (0.12 of 3 pairs): not distinguishable" in text


def test_few_pairs_are_told_and_the_rest_counted(found: Comparison) -> None:
    many = replace(found, pairs=found.pairs * 20)
    for form in ("text", "markdown"):
        text = report(many, form)
        assert text.count("FPN - UNet: ") == 15
        assert "5 more pairs: --format json, or --html FILE" in text
        assert text.count("FPN - UNet by class" if form == "text" else "FPN - UNet, IoU") == 3


def test_classes_beyond_the_noise_come_first_then_the_largest() -> None:
    given = [
        difference("a", 0.01, "not distinguishable"),
        difference("b", -0.2, "not distinguishable"),
        difference("c", -0.03, "lower"),
    ]
    assert [one.subject for one in largest(given)] == ["c", "b", "a"]
    assert len(largest(given * 3)) == 5


def test_an_interval_that_is_not_known_is_left_out() -> None:
    assert interval(difference("m", -0.011, "unknown")) == "-0.011 [-0.021, -0.001]"
    assert interval(Difference("m", Estimate(0.5), None, None, "unknown")) == "+0.500"


def test_markdown_has_tables_and_bullets(found: Comparison) -> None:
    lines = report(replace(found, notes=("a|b",)), "markdown").splitlines()

    assert lines[0].startswith("| model.decoder | runs | val/mIoU | 95 % |")
    assert lines[1].count("---") == lines[0].count("|") - 1
    assert any(line.startswith("- FPN - UNet: +0.") for line in lines)
    assert "| class | FPN - UNet, IoU |" in lines
    assert "- left out: `runs/UNet/4` did not finish (interrupted)" in lines
    assert lines[-1] == "- note: a\\|b"


def test_json_has_everything_as_plain_values(found: Comparison) -> None:
    group = replace(found.groups[0], score=Estimate(math.nan))
    plain = json.loads(report(replace(found, groups=(group, *found.groups[1:])), "json"))

    first = plain["groups"][0]
    assert first["score"]["mean"] is None
    assert first["runs"][0] == {"path": str(found.groups[0].runs[0].path), "seed": 1}
    assert first["values"] == list(found.groups[0].values)
    assert first["convergence"]["to_share"]["0.95"]["runs"] == 3
    assert first["convergence"]["curves"][0][0]["step"] == 10
    assert plain["pairs"][0]["score"]["verdict"] == "higher"
    assert plain["left_out"] == [[str(found.left_out[0][0]), "did not finish (interrupted)"]]

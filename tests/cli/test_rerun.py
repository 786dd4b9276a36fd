import json
from pathlib import Path

import pytest

from segcli.cli.main import main


def test_the_same_comes_out_again(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rerun", str(copied)]) == 0
    out = capsys.readouterr().out
    assert "runs/tiny/1: code, packages, machine and experiment files are as they were" in out
    report = out[out.index("compared with runs/tiny/1") :]
    assert "data: the same" in report
    assert "weights at the start: the same" in report
    assert report.count("(+0.000000)") == 3
    assert "every pixel is counted as it was" in report
    passport = json.loads(Path("runs/tiny/2/passport.json").read_text())
    assert (passport["rerun_of"], passport["experiment"]) == ("runs/tiny/1", ["tiny.yaml"])


def test_another_seed_gives_another_result(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rerun", str(copied), "--seed_everything", "3"]) == 0
    report = capsys.readouterr().out.partition("compared with")[2]
    assert "data: the same" in report
    assert "weights at the start: DIFFERENT" in report
    assert "pixels are counted differently" in report
    passport = json.loads(Path("runs/tiny/2/passport.json").read_text())
    assert passport["overrides"] == ["--seed_everything", "3"]


def test_a_dry_run_only_says_what_differs(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passport = json.loads((copied / "passport.json").read_text())
    passport["versions"]["torch"] = "1.0"
    (copied / "passport.json").write_text(json.dumps(passport))
    assert main(["rerun", str(copied), "--dry-run"]) == 0
    assert "1.0 → " in capsys.readouterr().out
    assert [path.name for path in Path("runs/tiny").iterdir()] == ["1"]
    assert main(["rerun", str(copied), "--dry-run", "--trainer.max_epochs", "3"]) == 0
    assert "trainer.max_epochs  2 → 3  (command line)" in capsys.readouterr().out
    assert main(["rerun", str(copied), "--dry-run", "--trainer.max_epoch", "3"]) == 2


def test_files_that_changed_since_are_told_not_to_count(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passport = json.loads((copied / "passport.json").read_text())
    passport["sources"][0]["sha256"] = "before"
    (copied / "passport.json").write_text(json.dumps(passport))
    assert main(["rerun", str(copied), "--dry-run"]) == 0
    assert "the run's own runs/tiny/1/config.yaml is trained" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "rerun needs RUN, the folder of a run"),
        (["runs/none"], "no folder runs/none"),
        (["."], ". has no passport.json"),
        (["runs/tiny/1", "-c", "x.yaml"], "rerun has no option -c; fit, "),
        (["runs/tiny/1", "--model.decodr", "UNet"], "SegmentationTask has no option 'decodr'"),
    ],
)
def test_mistakes(copied: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert main(["rerun", *words]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in Path("runs/tiny").iterdir()] == ["1"]

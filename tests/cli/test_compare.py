import json
from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.comparison.comparison import Comparison
from segcli.comparison.page import page
from segcli.comparison.plots import plots
from tests.comparison.drawn import run_on_one_truth
from tests.run_folders import write_run

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for decoder, quality in (("FPN", 0.85), ("UNet", 0.70)):
        for seed in (1, 2, 3):
            run_on_one_truth(Path("runs") / decoder / str(seed), seed, quality, decoder=decoder)
    return Path("runs")


def test_groups_and_their_difference_are_printed(runs: Path, capsys: Capture) -> None:
    assert main(["compare", "runs"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["model.decoder", "runs", "val/mIoU"]
    assert [line.split()[0] for line in lines[1:3]] == ["FPN", "UNet"]
    assert any(line.startswith("FPN - UNet: +0.") and line.endswith("FPN is better") for line in lines)
    assert max(map(len, lines)) <= 120


def test_keys_metric_and_level_are_taken(runs: Path, capsys: Capture) -> None:
    words = ["--by", "model.decoder, trainer.precision", "--metric=val/Dice/circle", "--level", "0.5"]
    assert main(["compare", "runs/FPN", "runs/UNet", *words, "--format", "json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["keys"] == ["model.decoder", "trainer.precision"]
    assert (found["metric"], found["level"]) == ("val/Dice/circle", 0.5)
    assert found["groups"][0]["settings"] == ["FPN", "32-true"]


def test_page_and_plots_are_written_where_asked(runs: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[str, Path]] = []
    monkeypatch.setattr(page, "write_page", lambda found, path: written.append((found.metric, path)))
    monkeypatch.setattr(plots, "write_plots", lambda found, path: written.append((found.metric, path)))

    assert main(["compare", "runs", "--html", "report.html", "--plots", "plots"]) == 0

    assert written == [("val/mIoU", Path("report.html")), ("val/mIoU", Path("plots"))]
    assert capsys.readouterr().err == "written to report.html\nwritten to plots\n"


def test_a_page_that_cannot_be_written_is_a_mistake(
    runs: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(found: Comparison, path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(page, "write_page", refuse)
    assert main(["compare", "runs", "--html", "report.html"]) == 2
    assert "cannot write report.html: Permission denied" in capsys.readouterr().err


def test_a_terminal_has_its_own_width(runs: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "70")

    assert main(["compare", "runs"]) == 0

    table = capsys.readouterr().out.split("\n\n")
    assert max(len(line) for line in table[0].splitlines()) <= 70
    assert table[1].split()[0] == "group"


def test_other_data_are_refused_unless_forced(runs: Path, capsys: Capture) -> None:
    run_on_one_truth(runs / "other" / "1", content="beef")

    assert main(["compare", "runs"]) == 2
    assert "different images of val (content)" in capsys.readouterr().err
    assert main(["compare", "runs", "--force"]) == 0
    assert "note: compared nonetheless (--force)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "compare needs RUNS"),
        (["runz"], "no folder runz (did you mean 'runs'?)"),
        (["runs", "--by", "model.decodr"], "--by: the runs have no key 'model.decodr' (did you mean 'model.decoder'?)"),
        (["runs", "--metric", "val/mIuO"], "--metric: no run has the metric 'val/mIuO' (did you mean 'val/mIoU'?)"),
        (["runs", "--level", "high"], "--level: got 'high', expected a value of the metric"),
        (["runs", "--level", "nan"], "--level: got 'nan'"),
        (["runs", "--format", "html"], "--format got 'html'"),
        (["runs", "--html"], "--html needs a value"),
        (["runs", "--forse"], "no option --forse (did you mean '--force'?)"),
    ],
)
def test_mistakes_are_explained(runs: Path, capsys: Capture, words: list[str], message: str) -> None:
    assert main(["compare", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_page_overwrites_no_experiment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "runs" / "a" / "1")
    experiment = tmp_path / "x.yaml"
    experiment.write_text("model: {}")
    assert main(["compare", str(tmp_path / "runs"), "--html", str(experiment)]) == 2
    assert "expected a name that ends in .html" in capsys.readouterr().err
    assert experiment.read_text() == "model: {}"

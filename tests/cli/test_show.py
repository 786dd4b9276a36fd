import json
from pathlib import Path

import pytest
import yaml

from segcli.cli.main import main
from segcli.config.compose import compose

Capture = pytest.CaptureFixture[str]


def test_show_prints_what_fit_runs(in_trained: Path, capsys: Capture) -> None:
    """The tree that show prints, with all defaults, is the config that the run saved."""
    saved = yaml.safe_load((in_trained.parent.parent / "config.yaml").read_text())
    assert main(["show", "tiny.yaml", "--resolved", "--run.name", "tiny"]) == 0
    Path("shown.yaml").write_text("defaults: none\n" + capsys.readouterr().out)
    assert compose([Path("shown.yaml")]).expanded() == {k: v for k, v in saved.items() if k != "defaults"}


def test_sources_stand_beside_the_values(tiny: Path, capsys: Capture) -> None:
    assert main(["show", "tiny.yaml", "--data.batch_size", "3", "--sources"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("  batch_size: 3 ") and line.endswith("# --data.batch_size") for line in lines)
    assert any(line.startswith("  train_size: 24 ") and line.endswith("# tiny.yaml:4") for line in lines)


def test_formats(tiny: Path, capsys: Capture) -> None:
    assert main(["show", "-c", "tiny.yaml", "--format", "json", "--sources"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["experiment"]["data"]["train_size"] == 24
    assert found["sources"]["data.train_size"] == "tiny.yaml:4"
    assert main(["show", "tiny.yaml", "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("```yaml\n")
    assert out.endswith("```\n")


def test_a_run_folder_is_an_experiment(in_trained: Path, capsys: Capture) -> None:
    assert main(["show", str(in_trained.parent.parent)]) == 0
    assert "train_size: 24" in capsys.readouterr().out


def test_what_is_from_the_environment_is_shown_as_its_text(
    in_trained: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE", "0.125")
    override = ["--model.optimizer.lr", "${oc.env:RATE}"]
    assert main(["show", "tiny.yaml", *override]) == 0
    assert "lr: ${oc.env:RATE}\n" in capsys.readouterr().out
    assert main(["show", "tiny.yaml", *override, "--values"]) == 0
    assert "lr: 0.125\n" in capsys.readouterr().out
    monkeypatch.delenv("RATE")
    assert main(["show", str(in_trained.parent.parent), *override]) == 0  # a run is shown as it was stored
    assert "lr: ${oc.env:RATE}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "show needs an experiment"),
        (["tiny.yml"], "no file tiny.yml (did you mean 'tiny.yaml'?)"),
        (["tiny.yaml", "--formt", "json"], "no option --formt (did you mean '--format'?)"),
        (["tiny.yaml", "--resolve"], "no option --resolve (did you mean '--resolved'?)"),
    ],
)
def test_mistakes_are_explained(tiny: Path, capsys: Capture, words: list[str], message: str) -> None:
    assert main(["show", *words]) == 2
    assert message in capsys.readouterr().err

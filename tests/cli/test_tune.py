import json
from pathlib import Path

import pytest

from segcli.cli.command_line import read
from segcli.cli.main import main
from segcli.cli.tune import VERB, run
from segcli.config.errors import ConfigError


def test_a_learning_rate_is_found_and_nothing_else_is_left(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tiny.read_text()

    assert main(["tune", "lr", "-c", "tiny.yaml", "--steps", "40", "--max_lr=0.5"]) == 0

    record = json.loads(Path("runs/tiny/tune/1/tune.json").read_text())
    assert {path.name for path in Path("runs/tiny/tune/1").iterdir()} == {"tune.json", "lr.png"}
    assert record["kind"] == "lr"
    assert record["lrs"][0] == pytest.approx(1e-7)
    assert len(record["lrs"]) == len(record["losses"]) <= 40
    assert f"--model.optimizer.lr {record['lr']:g}\n" in capsys.readouterr().out
    assert tiny.read_text() == before


def test_the_suggestion_trains_and_runs_are_numbered_as_if_there_were_no_trials(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", "batch_size", "-c", "tiny.yaml", "--steps", "3", "--max_batch_size", "8"]) == 0

    told = capsys.readouterr().out
    record = json.loads(Path("runs/tiny/tune/1/tune.json").read_text())
    assert [trial["batch_size"] for trial in record["trials"]] == [2, 4, 8]
    assert record["ended"] == "--max_batch_size is 8"
    assert {path.name for path in Path("runs/tiny/tune/1").iterdir()} == {"tune.json"}
    words = next(line for line in told.splitlines() if line.startswith("to use")).split()[2:]
    assert main(["fit", "-c", "tiny.yaml", "--trainer.max_epochs=1", *words]) == 0
    assert sorted(path.name for path in Path("runs/tiny").iterdir()) == ["1", "tune"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "tune needs one of lr, batch_size"),
        (["-c", "tiny.yaml"], "tune needs one of lr, batch_size"),
        (["lrr", "-c", "tiny.yaml"], r"does not know 'lrr' \(did you mean 'lr'\?\)"),
        (["lr"], "tune needs an experiment: python -m segcli tune lr -c FILE"),
        (
            ["batch_size", "tiny.yaml"],
            "tune got tiny.yaml; an experiment follows -c\n.*segcli tune batch_size -c tiny.yaml",
        ),
        (["lr", "-c", "tny.yaml"], "no file tny.yaml"),
        (["lr", "-c", "tiny.yaml", "--steps", "ten"], "--steps got 'ten', expected a number"),
        (["lr", "-c", "tiny.yaml", "--steps", "3"], "--steps got 3, expected at least 20"),
        (["lr", "-c", "tiny.yaml", "--min_lr", "2"], "--min_lr 2 and --max_lr 1, expected 0 < min_lr < max_lr"),
        (["lr", "-c", "tiny.yaml", "--max_lr", "inf"], "--max_lr inf, expected 0 < min_lr < max_lr, both finite"),
        (["lr", "-c", "tiny.yaml", "--min_lr", "nan"], "--min_lr nan and --max_lr 1, expected 0 < min_lr"),
        (["batch_size", "-c", "tiny.yaml", "--max_batch_size", "1"], "got 1, expected at least 2"),
        (
            ["lr", "-c", "tiny.yaml", "--max_batch_size", "4"],
            "tune lr has no option --max_batch_size; tune batch_size has",
        ),
        (["lr", "-c", "tiny.yaml", "--model.decodr", "FPN"], "did you mean 'decoder'"),
    ],
)
def test_wrong_input_is_told_and_makes_nothing(tiny: Path, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(read(VERB, words))
    assert not Path("runs").exists()


def test_an_experiment_that_fails_leaves_no_folder(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "lr", "-c", "tiny.yaml", "--model.backbone.name", "hrnet_w18_smal"]) == 2
    assert "did you mean hrnet_w18_small" in capsys.readouterr().err
    assert not Path("runs").exists()


def test_help_tells_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "--help"]) == 0
    assert "--max_batch_size" in capsys.readouterr().out

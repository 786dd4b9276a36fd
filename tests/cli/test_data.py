import importlib
from pathlib import Path

import pytest

from segcli.cli.command_line import read
from segcli.cli.data import FETCH, KINDS, VERB, run
from segcli.cli.main import main
from segcli.config.errors import ConfigError

OF_EXPERIMENTS = [kind for kind in KINDS if kind != FETCH]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_module_and_its_help(kind: str) -> None:
    assert callable(importlib.import_module(KINDS[kind]).run)
    assert any(form.split()[0] == kind for form in VERB.forms)
    assert f"\n{kind}: " in VERB.about
    assert {each for option in VERB.options for each in option.kind.split()} <= {*KINDS}


@pytest.mark.parametrize("kind", OF_EXPERIMENTS)
def test_every_kind_works(tiny: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("text", "markdown", "json"):
        assert main(["data", kind, "-c", "tiny.yaml", "--format", form, "--data.train_size", "40"]) == 0
        assert "train" in capsys.readouterr().out
    assert {path.name for path in Path().iterdir()} <= {"tiny.yaml", "tiny_train.png"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "data needs one of check"),
        (["chek", "-c", "tiny.yaml"], r"does not know 'chek' \(did you mean 'check'\?\)"),
        (["check"], "data check needs an experiment: python -m segcli data check -c FILE"),
        (["check", "tiny.yaml"], "an experiment follows -c\n.*segcli data check -c tiny.yaml"),
        (["stats", "-c", "tiny.yaml", "--n", "3"], "data stats has no option --n; data preview and check have"),
        (["check", "-c", "tiny.yaml", "--split", "val"], "no option --split; data preview and stats have"),
        (["preview", "-c", "tiny.yaml", "--split", "vall"], r"--split got 'vall' \(did you mean 'val'\?\)"),
        (["preview", "-c", "tny.yaml"], "no file tny.yaml"),
        (["fetsh"], r"does not know 'fetsh' \(did you mean 'fetch'\?\)"),
        (["fetch", "-c", "tiny.yaml"], "data fetch has no option --config"),
        (["fetch", "camvid", "--data.root", "x"], "data fetch takes no --key value"),
        (["stats", "-c", "tiny.yaml", "--data.rot", "x"], "has no option 'rot'"),
    ],
)
def test_wrong_input_is_told_and_makes_nothing(tiny: Path, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(read(VERB, words))
    assert [path.name for path in Path().iterdir()] == ["tiny.yaml"]


@pytest.mark.parametrize("kind", OF_EXPERIMENTS)
def test_data_that_are_not_there_are_a_plain_error(tiny: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--data", "{class_path: FolderDataModule, root: nowhere, classes: [a, b]}"]
    assert main(["data", kind, "-c", "tiny.yaml", *words]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: there are no images to train with: nowhere/images is missing")
    assert "--> --data" in told

import json
from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.config.compose import compose

Capture = pytest.CaptureFixture[str]
OVERRIDES = ["--trainer.max_epochs", "3", "--model.decoder", "UNet"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An experiment with a parent, in the working directory."""
    monkeypatch.chdir(tmp_path)
    text = "data: {class_path: FolderDataModule, root: d, mask_values: {0: a, 1: 'no'}, batch_size: '${vars.n}'}"
    Path("base.yaml").write_text(f"vars: {{n: 3}}\n{text}")
    Path("x.yaml").write_text("extends: base.yaml\nrun: {name: '\\${x}'}")
    return Path("x.yaml")


def test_a_flat_file_needs_nothing_and_composes_to_the_same(file: Path, capsys: Capture) -> None:
    expected = compose([file], OVERRIDES).plain()
    assert main(["flatten", "x.yaml", *OVERRIDES]) == 0
    text = capsys.readouterr().out
    head = "# flattened from x.yaml --trainer.max_epochs 3 --model.decoder UNet\ndefaults: none\n"
    assert text.startswith(head)
    Path("base.yaml").unlink()
    Path("flat.yaml").write_text(text)
    again = compose([Path("flat.yaml")])
    assert repr(again.plain()) == repr(expected)
    assert [path.name for path in again.files] == ["flat.yaml"]
    assert again.get("run.name") == "${x}"


def test_output_writes_a_file(file: Path, capsys: Capture) -> None:
    assert main(["flatten", "-c", "x.yaml", "--output", "new/flat.yaml"]) == 0
    assert capsys.readouterr().out == ""
    assert compose([Path("new/flat.yaml")]).plain() == compose([file]).plain()
    assert [path.name for path in Path("new").iterdir()] == ["flat.yaml"]


def test_json_and_markdown(file: Path, capsys: Capture) -> None:
    assert main(["flatten", "x.yaml", "--format", "json"]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert next(iter(tree.items())) == ("defaults", "none")
    assert tree["data"]["init_args"]["mask_values"] == {"0": "a", "1": "no"}
    assert main(["flatten", "x.yaml", "--format", "markdown"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("```yaml\n# flattened from x.yaml\n")
    assert text.endswith("\n```\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "flatten needs one FILE"),
        (["x.yaml", "base.yaml"], "an experiment follows -c"),
        (["x.yaml", "--modle.decoder", "FPN"], "did you mean 'model'"),
        (["x.yaml", "--output", "folder"], "cannot write folder: Is a directory"),
    ],
)
def test_mistakes_are_told(file: Path, capsys: Capture, words: list[str], message: str) -> None:
    Path("folder").mkdir()
    assert main(["flatten", *words]) == 2
    assert message in capsys.readouterr().err
    assert not list(Path().glob(".*"))


def test_several_files_are_one_experiment(file: Path, capsys: Capture) -> None:
    Path("more.yaml").write_text("seed_everything: 9\n")
    assert main(["flatten", "-c", str(file), "-c", "more.yaml"]) == 0
    whole = capsys.readouterr().out
    assert "seed_everything: 9" in whole
    assert main(["flatten", str(file), "-c", "more.yaml"]) == 0
    assert capsys.readouterr().out == whole

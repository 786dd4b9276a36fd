import json
import subprocess
import sys
from pathlib import Path

import pytest

from segcli.cli import schema
from segcli.cli.command_line import read
from segcli.cli.main import main
from segcli.config.errors import ConfigError


def test_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert len(printed) < 500_000


def test_it_is_written_over_an_older_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "schema.json"
    path.write_text("old")
    assert main(["schema", "--output", str(path)]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads(path.read_text())["additionalProperties"] is False
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x.yaml"], "schema does not take 'x.yaml'"),
        (["--outptu", "x.json"], "did you mean '--output'"),
        (["--output"], "--output needs a value"),
        (["--output", "."], "cannot write"),
        (["--output", ""], "cannot write"),
    ],
)
def test_a_wrong_command_line_is_explained(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=message):
        schema.run(read(schema.VERB, words))
    assert not list(tmp_path.iterdir())


def test_the_manual_has_examples_and_points_an_editor_at_it() -> None:
    assert schema.VERB.help().count("python -m segcli schema ") >= 2
    assert "# yaml-language-server: $schema=" in schema.VERB.help()
    assert '"yaml.customTags": ["!del scalar", "!replace mapping"]' in schema.VERB.help()


def test_neither_torch_nor_lightning_is_imported() -> None:
    code = (
        "import sys; from segcli.cli.main import main; main(['schema']); "
        "sys.exit(bool({'torch', 'pytorch_lightning'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0

import json
import stat
from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.config.compose import compose

Capture = pytest.CaptureFixture[str]
TEXT = "# small\ndata: ShapesDataModule\nmodel:\n  decoder: FPN  # the default\n  loss: DiceLoss\n"
LEFT = "# small\ndata: ShapesDataModule\nmodel:\n  loss: DiceLoss\n"
LINE = "model.decoder: FPN"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An experiment that repeats one default, in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("x.yaml").write_text(TEXT)
    return Path("x.yaml")


def test_the_rest_goes_to_stdout_and_what_was_dropped_to_stderr(file: Path, capsys: Capture) -> None:
    assert main(["minimize", "x.yaml"]) == 0
    out, err = capsys.readouterr()
    assert out == LEFT
    assert err == f"dropped {LINE}, as segcli/defaults.yaml:6\n"
    assert file.read_text() == TEXT


def test_write_replaces_the_file_and_a_second_time_finds_nothing(file: Path, capsys: Capture) -> None:
    before = compose([file]).plain()
    assert main(["minimize", "x.yaml", "--write", "--exit-code"]) == 1
    assert capsys.readouterr().out == ""
    assert file.read_text() == LEFT
    assert compose([file]).plain() == before
    assert [path.name for path in Path().iterdir()] == ["x.yaml"]
    assert main(["minimize", "x.yaml", "--exit-code"]) == 0
    assert capsys.readouterr() == (LEFT, "")


def test_write_follows_a_link(file: Path) -> None:
    Path("link.yaml").symlink_to(file)
    assert main(["minimize", "link.yaml", "--write"]) == 0
    assert Path("link.yaml").is_symlink()
    assert file.read_text() == LEFT


def test_json_and_markdown_name_the_source(file: Path, capsys: Capture) -> None:
    assert main(["minimize", "x.yaml", "--format", "json"]) == 0
    dropped = [{"key": "model.decoder", "value": "FPN", "source": "segcli/defaults.yaml:6"}]
    assert json.loads(capsys.readouterr().out) == {"text": LEFT, "dropped": dropped}
    assert main(["minimize", "x.yaml", "--format", "markdown"]) == 0
    assert capsys.readouterr().out == f"```yaml\n{LEFT}```\n\nDropped:\n\n- `{LINE}`, as segcli/defaults.yaml:6\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "minimize needs one FILE"),
        (["x.yaml", "x.yaml"], "takes one FILE, got 2"),
        (["y.yaml"], "no file y.yaml (did you mean 'x.yaml'?)"),
        (["x.yaml", "--wrte"], "did you mean '--write'"),
        (["run", "--write"], "--write takes a file"),
    ],
)
def test_mistakes_are_told(file: Path, capsys: Capture, words: list[str], message: str) -> None:
    Path("run").mkdir()
    Path("run/config.yaml").write_text(TEXT)
    assert main(["minimize", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_file_that_does_not_compose_is_refused(file: Path, capsys: Capture) -> None:
    file.write_text("extends: none.yaml\n")
    assert main(["minimize", "x.yaml", "--write"]) == 2
    assert "no file none.yaml" in capsys.readouterr().err
    assert file.read_text() == "extends: none.yaml\n"


def test_a_folder_that_cannot_be_written_is_told(file: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, text: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("segcli.cli.files.write_text", refuse)
    assert main(["minimize", "x.yaml", "--write"]) == 2
    assert "cannot write x.yaml: Permission denied" in capsys.readouterr().err


def test_a_written_file_can_be_read_by_others(file: Path) -> None:
    assert main(["minimize", "x.yaml", "--write"]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_windows_line_ends_stay(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert main(["minimize", str(file), "--write"]) == 0
    assert b"\r\n" in file.read_bytes()
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n")

import ast
import io
import logging
import sys
import warnings
from pathlib import Path

import pytest

import segcli
from segcli.config.output import accept_every_character, escape_warnings, say, say_text

MODULES = sorted(Path(segcli.__file__).parent.rglob("*.py"))


def test_a_line_stays_one(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\nb\x1b[2J", "", 3)
    say()
    assert capsys.readouterr().out == "a\\nb\\x1b[2J\n\n3\n"
    say_text("a:\n\tb\u202e", file=sys.stderr)
    assert capsys.readouterr().err == "a:\n\tb\\u202e\n"


def test_an_output_that_lacks_a_character_shows_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii"))
    with pytest.raises(UnicodeEncodeError):
        say("0.5 → 0.6")
    accept_every_character()
    say("0.5 → 0.6")
    assert written.getvalue() == b"0.5 \\u2192 0.6\n"


def test_warnings_and_records_do_no_harm(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("warnings.formatwarning", warnings.formatwarning)
    escape_warnings()
    first = warnings.formatwarning
    escape_warnings()
    assert warnings.formatwarning is first
    assert "\\x1b[2J" in warnings.formatwarning("\x1b[2J", UserWarning, "a.py", 1)
    logging.getLogger("pytorch_lightning").warning("at %s", "\x1b[2J")
    assert caplog.messages == ["at \\x1b[2J"]


def _unsaid(path: Path) -> list[str]:
    """Return the calls of a module that read or write text in whatever encoding the machine has."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [f"{path.name}:{call.lineno} {ast.unparse(call)[:80]}" for call in calls if _is_unsaid(call)]


def _is_unsaid(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    given = {word.arg for word in call.keywords}
    if "encoding" in given:
        return False
    if name in ("read_text", "write_text") and owner:
        return owner == "path" or len(call.args) == (name == "write_text")  # those of our own take the path
    if name in ("open", "fdopen") and owner not in ("Image", "os", "rasterio", "tarfile", "zipped"):
        modes = [word for word in ast.walk(call) if isinstance(word, ast.Constant) and isinstance(word.value, str)]
        return not any("b" in mode.value and len(mode.value) <= 3 for mode in modes)
    return "replace" not in name and bool(given & {"text", "universal_newlines"})  # of a record, with a field text


def test_every_file_and_process_is_read_and_written_as_utf_8() -> None:
    assert [call for path in MODULES for call in _unsaid(path)] == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("file.read_text()", 1),
        ("file.write_text(text)", 1),
        ("file.open()", 1),
        ("open(file, 'a')", 1),
        ("subprocess.run(words, text=True)", 1),
        ("file.open('rb')", 0),
        ("os.fdopen(handle, 'wb')", 0),
        ("Image.open(file)", 0),
        ("files.read_text(path)", 0),
        ("file.read_text(encoding='utf-8')", 0),
    ],
)
def test_such_calls_are_found(code: str, count: int, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(code, encoding="utf-8")
    assert len(_unsaid(tmp_path / "module.py")) == count

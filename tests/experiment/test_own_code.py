from pathlib import Path

import pytest

from segcli.cli.main import main

Capture = pytest.CaptureFixture[str]
HEAD = "import os\n\n\nclass Mine:\n    pass\n\n\n"


@pytest.mark.parametrize(
    ("code", "message", "line"),
    [
        ("class Mine(:\n    pass\n", "syntax error at theirs.py:1", ""),
        (f"{HEAD}def f(:\n", "syntax error at theirs.py:8", ""),
        (f"{HEAD}x = 'a\n", "syntax error at theirs.py:8", ""),
        (f"{HEAD}foo(1)\n", "NameError: name 'foo' is not defined", "theirs.py:8"),
        (f"{HEAD}1 / 0\n", "ZeroDivisionError", "theirs.py:8"),
        (f"{HEAD}import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'", "theirs.py:8"),
        (f"{HEAD}from os import no_such\n", "ImportError: cannot import name 'no_such'", "theirs.py:8"),
        (f"{HEAD}raise ValueError('one\\n\\n  two\\n')\n", "ValueError: one two\n", "theirs.py:8"),
        (f"{HEAD}raise SystemExit('bye')\n", "SystemExit: bye", "theirs.py:8"),
        (f"{HEAD}def f():\n    raise ValueError('x')\n\n\nf()\n", "ValueError: x", "theirs.py:9"),
    ],
)
def test_what_is_wrong_in_a_module_of_ones_own_is_told_with_its_line(
    tiny: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, code: str, message: str, line: str
) -> None:
    Path("theirs.py").write_text(code)
    monkeypatch.syspath_prepend(str(Path.cwd()))
    assert main(["fit", "-c", "tiny.yaml", "--model.loss", "theirs.Mine"]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert f"--> {line}" in told
    assert not Path("runs").exists()

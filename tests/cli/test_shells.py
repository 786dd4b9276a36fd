import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segcli.cli.completion import VARIABLE
from segcli.cli.main import main

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(sys, "argv", ["segcli"])
    return monkeypatch


def test_bash_gets_what_follows_its_ends_of_words(asked: pytest.MonkeyPatch, capsys: Capture) -> None:
    asked.setenv(VARIABLE, "bash_complete")
    for line, answer in (
        ("segcli val", "plain,validate"),
        ("segcli fit -c segcli:quick", "plain,quickstart"),
        ("segcli fit --model.decoder=FP", "plain,FPN"),
        ("segcli show nowhere/", "file,"),
        ("segcli fit 'open", ""),
    ):
        asked.setenv("COMP_LINE", line)
        assert main() == 0
        assert capsys.readouterr() == (f"{answer}\n" if answer else "", "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_words(asked: pytest.MonkeyPatch, capsys: Capture, shell: str) -> None:
    asked.setenv(VARIABLE, f"{shell}_complete")
    asked.setenv("COMP_WORDS", "segcli fit --model.decoder F")
    asked.setenv("COMP_CWORD", "3" if shell == "zsh" else "F")
    assert main() == 0
    assert "FPN" in capsys.readouterr().out


def test_nothing_goes_wrong_where_nobody_can_see_it(asked: pytest.MonkeyPatch, capsys: Capture) -> None:
    for instruction in ("bash_complete", "ksh_complete", ""):
        asked.setenv(VARIABLE, instruction or "_")
        asked.delenv("COMP_LINE", raising=False)
        assert main() == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes(tmp_path: Path, capsys: Capture) -> None:
    """In a real shell, which asks the function that the script defines."""
    assert main(["completion", "bash"]) == 0
    (tmp_path / "segcli").write_text(f'#!/bin/sh\nexec {sys.executable} -m segcli "$@"\n')
    (tmp_path / "segcli").chmod(0o755)
    script = f"""
compopt() {{ :; }}
{capsys.readouterr().out}
PATH={tmp_path}:$PATH COMP_LINE='segcli fit -c segcli:qu' COMP_POINT=23
COMP_WORDS=(segcli fit -c segcli : qu) COMP_CWORD=5
_segcli_completion segcli
echo "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["quickstart"]

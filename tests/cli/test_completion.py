import sys

import pytest

from segcli.cli.completion import complete
from segcli.cli.main import main


def test_what_needs_no_completion_needs_no_click(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "click", None)  # type: ignore[arg-type]  # an import raises
    monkeypatch.delitem(sys.modules, "segcli.cli.shells", raising=False)
    assert main(["completion", "--help"]) == 0
    assert main(["diff", "--nothing"]) == 2
    capsys.readouterr()
    complete("bash_complete")
    assert capsys.readouterr() == ("", "")

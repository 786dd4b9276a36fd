import importlib
from pathlib import Path

import pytest

from segcli.cli.data import KINDS, VERB
from segcli.cli.main import main


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_module_and_its_help(kind: str) -> None:
    assert callable(importlib.import_module(KINDS[kind]).run)
    assert any(form.split()[0] == kind for form in VERB.forms)
    assert f"\n{kind}: " in VERB.about
    assert {option.kind for option in VERB.options} <= {"", *KINDS}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "data needs what to do: python -m segcli data "),
        (["fetsh"], "does not know 'fetsh' (did you mean 'fetch'?)"),
    ],
)
def test_what_no_kind_is_told(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["data", *words]) == 2
    assert told in capsys.readouterr().err

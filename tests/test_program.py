import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.cli.verbs import VERBS, declared
from segcli.ledger.table import BEGIN
from segcli.program import PROGRAM, program

PACKAGE = Path(__file__).parent.parent / "segcli"
FIXED = {
    "program.py",  # what is stored
    "ledger/table.py",  # the mark in a page, which later versions look for
    "comparison/page/page.py",  # names the program, and is no command
    "inspection/page.py",  # the same
}
A_COMMAND = re.compile(rf"python -m segcli|\bsegcli ({'|'.join(VERBS)}|VERB|--)\b")


@pytest.mark.parametrize(
    ("orig_argv", "argv", "expected"),
    [
        (["python", "-m", "segcli", "fit"], ["/site/segcli/__main__.py", "fit"], "python -m segcli"),
        (["python3", "-P", "-m", "segcli"], ["/site/segcli/__main__.py"], "python3 -P -m segcli"),
        ([".venv/bin/python", "-m", "segcli"], ["/site/segcli/__main__.py"], ".venv/bin/python -m segcli"),
        (["/a b/python", "-m", "segcli"], ["/site/segcli/__main__.py"], "'/a b/python' -m segcli"),
        (["/v/bin/python", "-m", "segcli"], ["/site/segcli/__main__.py"], "python -m segcli"),
        (["/v/bin/python", "/v/bin/segcli", "fit"], ["/v/bin/segcli", "fit"], "segcli"),
        (["/v/bin/python", "venv/bin/segcli"], ["venv/bin/segcli"], "venv/bin/segcli"),
        (["/v/bin/python", "/other/segcli"], ["/other/segcli"], "/other/segcli"),
        (["jupyter"], ["/site/ipykernel_launcher.py"], PROGRAM),
        (["python"], [""], PROGRAM),
        (["python"], [], PROGRAM),
    ],
)
def test_it_is_the_command_as_typed(
    orig_argv: list[str], argv: list[str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "orig_argv", orig_argv)
    monkeypatch.setattr(sys, "argv", argv)
    monkeypatch.setattr("segcli.program.shutil.which", lambda name: f"/v/bin/{name}")
    assert program() == expected


def _texts(path: Path) -> Iterator[str]:
    """Yield the texts of a module, without docstrings and without what ``--help`` adapts."""
    tree = ast.parse(path.read_text())
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Verb":
            skipped |= {id(text) for text in ast.walk(node) if "`segcli " in str(getattr(text, "value", ""))}
        if isinstance(node, ast.List) and ast.unparse(node).startswith("['python'"):
            yield " ".join(str(getattr(each, "value", "")) for each in node.elts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value


def test_no_message_names_the_command_by_itself() -> None:
    for path in PACKAGE.rglob("*.py"):
        if str(path.relative_to(PACKAGE)) not in FIXED:
            assert not [text for text in _texts(path) if A_COMMAND.search(text)], path


@pytest.mark.parametrize("verb", VERBS)
def test_help_is_of_the_command_as_typed(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["venv/bin/segcli"])
    text = declared(verb).help().replace(BEGIN, "")
    named = re.findall(rf"(\S*\bsegcli) (?:{'|'.join(VERBS)})\b", text)
    assert len(named) > 1
    assert {name.strip("`") for name in named} == {"venv/bin/segcli"}


@pytest.mark.parametrize("words", [["fit", "--lr", "0.1"], ["train"], ["show"], ["tune"], ["list", "UNet"], ["record"]])
def test_a_mistake_is_answered_by_the_command_as_typed(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["segcli"])
    assert main(words) == 2
    said = capsys.readouterr().err
    assert " segcli " in said
    assert PROGRAM not in said

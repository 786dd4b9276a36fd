import ast
import sys
from pathlib import Path

import pytest

from segcli.config.files import Files
from segcli.config.modules import Modules

AWKWARD = '''# a comment
"""Docstring.

from nowhere import Decoder
"""
import os

if os.name:
    from other_module import Hidden
else:
    Hidden = None
TEXT = """
class InText:
"""

@staticmethod
@property
class Decorated(
    object,
):
    """Long."""
    def __init__(self, width: int = 1) -> None: ...


class Last: ...
'''


def constructor(cls: ast.ClassDef) -> list[str]:
    return [ast.unparse(node) for node in cls.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Modules:
    (tmp_path / "awkward.py").write_text(AWKWARD)
    (tmp_path / "other_module.py").write_text("class Hidden: ...\n")
    (tmp_path / "broken.py").write_text("class Broken(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    return Modules(Files())


@pytest.mark.parametrize("name", ["Decorated", "Last", "Hidden"])
def test_classes_are_found_with_their_lines(modules: Modules, name: str) -> None:
    found = modules.find_class("awkward", name)
    assert found is not None
    where, tree = found
    whole = ast.parse(modules.text(where))
    expected = next(node for node in ast.walk(whole) if isinstance(node, ast.ClassDef) and node.name == name)
    assert tree.lineno == expected.lineno
    assert ast.unparse(expected).startswith(ast.unparse(tree))


@pytest.mark.parametrize("name", ["InText", "Decoder", "Nothing"])
def test_text_is_no_class(modules: Modules, name: str) -> None:
    assert modules.find_class("awkward", name) is None


def test_a_module_that_is_no_python_has_no_classes(modules: Modules) -> None:
    assert modules.find_class("broken", "Broken") is None
    assert modules.classes_of("broken") == []
    assert modules.find_class("no_such_module", "X") is None


@pytest.mark.parametrize("name", ["FPN(", "\\", "[", "a b"])
def test_a_name_is_no_pattern(modules: Modules, name: str) -> None:
    assert modules.find_class("awkward", name) is None


def test_nothing_is_imported(modules: Modules) -> None:
    modules.find_class("awkward", "Last")
    assert "awkward" not in sys.modules


@pytest.mark.parametrize(
    "module", ["pytorch_lightning.trainer.trainer", "torch.optim.adamw", "segcli.task", "torch.optim.optimizer"]
)
def test_cutting_a_module_up_finds_what_parsing_it_whole_does(module: str) -> None:
    modules = Modules(Files())
    whole = [node for node in ast.parse(modules.text(module)).body if isinstance(node, ast.ClassDef)]
    assert whole
    for cls in whole:
        found = modules.find_class(module, cls.name)
        assert found is not None
        assert (found[1].lineno, [ast.unparse(base) for base in found[1].bases]) == (
            cls.lineno,
            [ast.unparse(base) for base in cls.bases],
        )
        assert constructor(found[1]) == constructor(cls)

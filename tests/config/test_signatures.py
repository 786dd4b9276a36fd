import sys
from pathlib import Path

import pytest

from segcli.config.files import Files
from segcli.config.modules import Modules
from segcli.config.signatures import Signature, read_signature


def signature(path: str) -> Signature | None:
    return read_signature(Modules(Files()), path)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that re-exports, inherits and would fail to import."""
    root = tmp_path / "some_package"
    (root / "inner").mkdir(parents=True)
    (root / "__init__.py").write_text("raise ImportError('nobody may import this')\nfrom .inner import *\n")
    (root / "inner" / "__init__.py").write_text("from .base import Base as Renamed\nfrom .child import Child\n")
    (root / "inner" / "base.py").write_text(
        'class Base:\n    """A base."""\n'
        '    def __init__(self, width: int, depth: int = 3, *, name: str = "x") -> None: ...\n'
    )
    (root / "inner" / "child.py").write_text(
        "from some_package.inner import base\nclass Child(base.Base):\n    pass\n"
        "class Open:\n    def __init__(self, **kwargs): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return "some_package"


def test_arguments_are_read_without_importing(package: str) -> None:
    found = signature(f"{package}.Renamed")
    assert found is not None
    assert (found.class_path, found.doc) == ("some_package.inner.base.Base", "A base.")
    assert [(p.name, p.annotation, p.required, p.default) for p in found.parameters.values()] == [
        ("width", "int", True, None),
        ("depth", "int", False, 3),
        ("name", "str", False, "x"),
    ]
    assert package not in sys.modules


def test_a_constructor_is_inherited_through_module_attributes(package: str) -> None:
    found = signature(f"{package}:Child")
    assert found is not None
    assert list(found.parameters) == ["width", "depth", "name"]


def test_kwargs_make_a_signature_open(package: str) -> None:
    found = signature(f"{package}.inner.child.Open")
    assert found is not None
    assert found.is_open


def test_what_is_not_there_is_none(package: str) -> None:
    assert signature(f"{package}.Nothing") is None
    assert signature("no_such_package.Class") is None
    assert signature("Word") is None


def test_classes_are_listed_for_suggestions(package: str) -> None:
    assert Modules(Files()).classes_of(package) == ["Renamed", "Child"]
    assert "Annotated" not in Modules(Files()).classes_of("albumentations")


def test_the_trainer_and_torch_optimizers_are_readable() -> None:
    trainer = signature("pytorch_lightning.Trainer")
    assert trainer is not None
    assert trainer.parameters["max_epochs"].annotation == "Optional[int]"
    adamw = signature("torch.optim.AdamW")
    assert adamw is not None
    assert adamw.parameters["weight_decay"].default == 0.01

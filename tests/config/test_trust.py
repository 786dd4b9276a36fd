import os
import sys
import sysconfig
from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.config import trust
from segcli.config.files import PACKAGE


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a repository, which is the working directory."""
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "repository" / "experiments").mkdir()
    monkeypatch.chdir(tmp_path / "repository" / "experiments")
    return Path.cwd()


def test_everything_is_trusted_otherwise(inside: Path) -> None:
    assert not trust.is_limited()
    assert trust.may_read(Path("/etc/passwd"))
    with trust.limited(is_on=False):
        assert not trust.is_limited()


def test_only_the_repository_and_the_package_may_be_read(inside: Path) -> None:
    (inside.parent.parent / "secret.yaml").write_text("a: 1")
    (inside / "link.yaml").symlink_to(inside.parent.parent / "secret.yaml")
    with trust.limited():
        assert trust.is_limited()
        assert trust.may_read(inside / "a.yaml")
        assert trust.may_read(inside.parent / "a.yaml")
        assert trust.may_read(PACKAGE / "defaults.yaml")
        for outside in ("link.yaml", "../../secret.yaml", "/etc/passwd", "~/x"[2:] + "/../../../x"):
            assert not trust.may_read(Path(outside)), outside
    assert trust.may_read(inside / "link.yaml")


def test_modules_of_the_repository_are_not_found(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for entry in ("", str(inside), str(inside.parent / "src"), os.path.relpath(inside.parent)):
        monkeypatch.syspath_prepend(entry)
    before = list(sys.path)
    with trust.limited():
        assert not any(Path(entry).resolve().is_relative_to(inside.parent) for entry in sys.path)
        assert set(sys.path) < set(before)
    assert sys.path == before


def test_packages_installed_inside_the_repository_are_found(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = inside.parent / ".venv" / "lib" / "site-packages"
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(installed))
    monkeypatch.syspath_prepend(str(installed))
    with trust.limited():
        assert str(installed) in sys.path


def test_modules_of_the_repository_are_read_but_not_imported(
    inside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (inside / "own.py").write_text("raise SystemExit\nclass Mine:\n    def __init__(self, width: int = 1): ...\n")
    (inside.parent.parent / "far.py").write_text("class Far:\n    def __init__(self, width: int = 1): ...\n")
    (inside / "link.py").symlink_to(inside.parent.parent / "far.py")
    (inside.parent.parent / "data" / "own").mkdir(parents=True)
    outside = str(inside.parent.parent / "data")
    monkeypatch.setattr(sys, "path", [outside, *(entry for entry in sys.path if entry)])  # as with python -P
    for name, told in (("own.Mine", "Mine has no option 'heigth'"), ("link.Far", "no module 'link'")):
        text = f"extends: segcli:quickstart\ntrainer: {{callbacks: [{{class_path: {name}, heigth: 2}}]}}\n"
        (inside / "a.yaml").write_text(text)
        assert main(["check", "a.yaml", "--trusted-only"]) == 2
        assert told in capsys.readouterr().out
        assert name.partition(".")[0] not in sys.modules
    (inside / "a.yaml").write_text("extends: segcli:quickstart\ntrainer: {callbacks: [{class_path: own.Mine}]}\n")
    assert main(["check", "a.yaml", "--trusted-only"]) == 0
    assert "own.Mine is not run by this check" in capsys.readouterr().out

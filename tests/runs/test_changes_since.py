import json
from collections.abc import Callable
from pathlib import Path

from segcli.runs.changes_since import changes_since
from segcli.runs.passport import Passport
from segcli.runs.run_folder import RunFolder


def _passport(folder: Path, files: list[Path]) -> dict[str, object]:
    folder.mkdir(parents=True)
    Passport(RunFolder(folder), ["segcli", "fit"], 0, files)
    return json.loads((folder / "passport.json").read_text())


def test_at_once_nothing_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: 1")
    passport = _passport(tmp_path / "runs" / "x" / "1", [file])
    assert changes_since(passport, tmp_path / "runs") == []


def test_what_changed_is_named_then_and_now(git: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("x = 1\n")
    git("add", ".")
    git("commit", "-m", "first")
    file = tmp_path / "x.yaml"
    file.write_text("a: 1")
    passport = _passport(tmp_path / "runs" / "x" / "1", [file])
    passport["versions"]["torch"] = "1.0"  # type: ignore[index]
    passport["versions"]["apex"] = "0.1"  # type: ignore[index]
    (tmp_path / "model.py").write_text("x = 2\n")
    file.write_text("a: 2")
    found = {each.what: each for each in changes_since(passport, tmp_path / "runs")}
    assert set(found) == {"torch", "apex", "uncommitted changes", str(file)}
    assert found["torch"].then == "1.0"
    assert found["apex"].now == "none"
    git("commit", "-am", "second")
    assert "commit" in {each.what for each in changes_since(passport, tmp_path / "runs")}

import json
import subprocess
from pathlib import Path

from segcli.runs.passport import Passport, git_state
from segcli.runs.run_folder import RunFolder


def test_the_record_follows_the_run(tmp_path: Path) -> None:
    passport = Passport(RunFolder(tmp_path), ["segcli", "fit"], 3, [Path("x.yaml")])
    record = json.loads((tmp_path / "passport.json").read_text())
    assert (record["status"], record["seed"], record["files"], record["ended"]) == ("starting", 3, ["x.yaml"], None)
    assert {"python", "torch", "timm"} <= set(record["versions"])
    passport.update("running")
    assert json.loads((tmp_path / "passport.json").read_text())["ended"] is None
    passport.update("finished")
    record = json.loads((tmp_path / "passport.json").read_text())
    assert (record["status"], passport.status) == ("finished", "finished")
    assert record["ended"] >= record["started"]


def test_git_state_names_commit_and_changes(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    assert git_state(tmp_path) is None
    git("init", "-b", "main")
    (tmp_path / "a.txt").write_text("1")
    git("add", ".")
    git("commit", "-m", "first")
    clean = git_state(tmp_path)
    assert clean is not None
    assert (len(clean["commit"]), clean["branch"], clean["changed"]) == (40, "main", [])
    (tmp_path / "a.txt").write_text("2")
    changed = git_state(tmp_path)
    assert changed is not None
    assert changed["changed"] == ["a.txt"]

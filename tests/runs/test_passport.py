import json
from collections.abc import Callable
from pathlib import Path

from segcli.runs.passport import Passport
from segcli.runs.run_folder import RunFolder
from segcli.runs.stored_passport import SCHEMA


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


def test_code_that_is_not_committed_is_kept(git: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("x = 1\n")
    git("add", ".")
    git("commit", "-m", "first")
    (tmp_path / "model.py").write_text("x = 2\n")
    folder = RunFolder(tmp_path / "runs" / "a" / "1")
    folder.path.mkdir(parents=True)
    Passport(folder, ["segcli", "fit"], 0, [tmp_path / "model.py"], overrides=["--a", "1"])
    record = json.loads((folder.path / "passport.json").read_text())
    assert (record["schema"], record["overrides"]) == (SCHEMA, ["--a", "1"])
    assert "+x = 2" in (folder.path / "uncommitted.patch").read_text()
    assert len(record["git"]["patch_sha256"]) == 16
    assert record["sources"][0]["file"] == str(tmp_path / "model.py")
    assert "torch==" in (folder.path / "packages.txt").read_text()


def test_what_is_learned_while_starting_is_written_when_it_runs(tmp_path: Path) -> None:
    passport = Passport(RunFolder(tmp_path), ["segcli", "fit"], 0, [])
    passport.add(data={"classes": ["a"]})
    assert "data" not in json.loads((tmp_path / "passport.json").read_text())
    passport.update("running")
    passport.add(cost={"parameters": 3})
    record = json.loads((tmp_path / "passport.json").read_text())
    assert (record["data"], record["cost"]) == ({"classes": ["a"]}, {"parameters": 3})
    assert passport.get("cost") == {"parameters": 3}
    assert passport.get("unknown") is None

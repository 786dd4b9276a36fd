import subprocess
from collections.abc import Callable
from pathlib import Path

from segcli.runs.surroundings import (
    MOST_UNTRACKED_BYTES,
    file_hash,
    git_state,
    hardware,
    installed_packages,
    source_chain,
    uncommitted,
    versions,
)


def test_git_state_names_commit_and_changes(git: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1")
    git("add", ".")
    git("commit", "-m", "first")
    clean = git_state(tmp_path)
    assert clean is not None
    assert (len(clean["commit"]), clean["branch"], clean["changed"]) == (40, "main", [])
    (tmp_path / "a.txt").write_text("2")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "ü.py").write_text("3")
    changed = git_state(tmp_path)
    assert changed is not None
    assert sorted(changed["changed"]) == ["a.txt", "new/"]


def test_outside_of_a_repository_there_is_no_state(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
    assert uncommitted(tmp_path, runs=tmp_path / "runs") is None


def test_the_patch_turns_the_commit_into_the_working_tree(git: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("x = 1\n")
    git("add", ".")
    git("commit", "-m", "first")
    assert uncommitted(tmp_path, runs=tmp_path / "runs") == ""
    (tmp_path / "model.py").write_text("x = 2\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "decoder.py").write_text("y = 3\n")
    (tmp_path / "data.bin").write_bytes(b"data")
    (tmp_path / "large.yaml").write_text("a" * (MOST_UNTRACKED_BYTES + 1))
    (tmp_path / "runs" / "x").mkdir(parents=True)
    (tmp_path / "runs" / "x" / "config.yaml").write_text("z: 1\n")
    patch = uncommitted(tmp_path / "own", runs=tmp_path / "runs")
    assert patch is not None
    git("clone", "--quiet", ".", "copy")
    (tmp_path / "p.patch").write_text(patch)
    subprocess.run(["git", "apply", "../p.patch"], cwd=tmp_path / "copy", check=True)
    assert (tmp_path / "copy" / "model.py").read_text() == "x = 2\n"
    assert (tmp_path / "copy" / "own" / "decoder.py").read_text() == "y = 3\n"
    names = {path.name for path in (tmp_path / "copy").iterdir()} - {".git"}
    assert names == {"model.py", "own"}


def test_packages_and_machine_are_named() -> None:
    assert {"python", "torch", "timm"} <= set(versions())
    lines = installed_packages().splitlines()
    assert f"torch=={versions()['torch']}" in lines
    names = [line.partition("==")[0].lower() for line in lines]
    assert names == sorted(names)
    found = hardware()
    assert found["cores"] >= 1
    assert found["memory_bytes"] is None or found["memory_bytes"] > 2**28


def test_files_are_known_by_what_they_hold(tmp_path: Path) -> None:
    for name, text in (("a.yaml", "x: 1"), ("b.yaml", "x: 1"), ("c.yaml", "x: 2")):
        (tmp_path / name).write_text(text)
    a, b, c, missing = source_chain(tmp_path / f"{name}.yaml" for name in "abcd")
    assert a["sha256"] == b["sha256"] == file_hash(tmp_path / "a.yaml") != c["sha256"]
    assert missing == {"file": str(tmp_path / "d.yaml"), "sha256": None}

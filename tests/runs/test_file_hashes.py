from pathlib import Path

from segcli.runs.file_hashes import changed_files, digest, hashes_of, stored_hash, unhashed_note


def test_line_endings_of_text_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\nb\n")
    (tmp_path / "b.csv").write_bytes(b"a\r\nb\r\n")
    (tmp_path / "a.png").write_bytes(b"a\nb\n")
    (tmp_path / "b.png").write_bytes(b"a\r\nb\r\n")
    assert stored_hash(tmp_path / "a.csv") == stored_hash(tmp_path / "b.csv")
    assert stored_hash(tmp_path / "a.png") != stored_hash(tmp_path / "b.png")
    assert stored_hash(tmp_path / "none.csv") is None


def test_what_segcli_wrote_is_hashed_and_nothing_else(tmp_path: Path) -> None:
    names = ["config.yaml", "val_scores.json", "worst/worst.json", "predictions/epoch_001.png", "events.out.tfevents.1"]
    others = ["slurm.out", "notes.md", "validate/1/val_scores.json", "predictions/1/a.png"]
    for name in (*names, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert sorted(hashes_of(tmp_path)) == sorted(names)


def test_a_changed_file_is_told_and_a_missing_one_is_not(tmp_path: Path) -> None:
    for name in ("config.yaml", "metrics.csv", "timing.csv"):
        (tmp_path / name).write_text(name)
    passport = {"schema": 3, "stored": hashes_of(tmp_path)}
    (tmp_path / "metrics.csv").write_text("other")
    (tmp_path / "timing.csv").unlink()
    assert changed_files(tmp_path, passport, ("config.yaml", "metrics.csv", "timing.csv")) == ("metrics.csv",)
    assert changed_files(tmp_path, {"schema": 2}, ("metrics.csv",)) == ()
    assert changed_files(tmp_path, {"schema": 3}, ("config.yaml",)) == ("config.yaml",)  # its hashes were removed


def test_a_digest_is_of_all_entries_but_itself() -> None:
    record = {"a": {"b": [1, None, 0.1]}, "path": Path("x")}
    assert digest(record) == digest({"path": "x", "digest": "0", "a": {"b": [1, None, 0.1]}})
    assert digest(record) != digest({**record, "c": 1})


def test_runs_without_hashes_are_told_in_one_line() -> None:
    old, new = {"schema": 2, "segcli": "0.4.0"}, {"schema": 3, "segcli": "0.5.0", "digest": "0"}
    assert unhashed_note([new, new]) == unhashed_note([]) == ""
    assert unhashed_note([old]).startswith("the run is of segcli 0.4.0, which kept no hashes")
    assert unhashed_note([old, new, {**old, "segcli": "0.3.0"}]).startswith(
        "2 of 3 runs are of segcli 0.3.0 and 0.4.0,"
    )

import json
from pathlib import Path

import pytest

from segcli.disk import write_text
from segcli.runs.continuation import another_experiment, changes, of_this_job, unfinished
from segcli.runs.run_folder import RunFolder


def _run(parent: Path, status: str | None, **entries: object) -> Path:
    path = RunFolder.create(parent).path
    if status is not None:
        write_text(path / "passport.json", json.dumps({"status": status, **entries}))
    return path


def test_unfinished_runs_come_newest_first(tmp_path: Path) -> None:
    statuses = ("running", "finished", "interrupted", "failed", "finished", None)
    paths = [_run(tmp_path, status) for status in statuses]
    for _ in range(6):  # 10 is above 9
        _run(tmp_path, "running")
    assert [run.path.name for run in unfinished(tmp_path)][:3] == ["12", "11", "10"]
    assert [run.path for run in unfinished(tmp_path)][-3:] == [paths[3], paths[2], paths[0]]
    assert unfinished(tmp_path / "nowhere") == []


def test_a_run_whose_passport_cannot_be_read_is_not_taken_for_unfinished(tmp_path: Path) -> None:
    path = _run(tmp_path, "interrupted")
    assert [run.path for run in unfinished(tmp_path)] == [path]
    (path / "passport.json").write_text("{half")
    assert unfinished(tmp_path) == []


def test_a_job_that_was_queued_again_finds_its_own_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ["segcli", "fit"]
    mine = _run(tmp_path, "interrupted", slurm_job="7", command=command)
    _run(tmp_path, "interrupted", slurm_job="7", command=["segcli", "fit", "--seed_everything", "2"])
    _run(tmp_path, "interrupted", slurm_job="8", command=command)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert of_this_job(tmp_path, command) is None
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    found = of_this_job(tmp_path, command)
    assert found is not None
    assert found.path == mine


def test_changes_are_named_by_dotted_keys() -> None:
    before = {"a": {"b": 1, "c": [1]}, "d": {}}
    after = {"a": {"b": 2, "c": [1], "e": None}, "d": {"f": 3}}
    assert changes(before, after) == {"a.b": (1, 2), "d": ({}, None), "d.f": (None, 3)}


def test_changes_are_of_meaning_as_much_as_of_text() -> None:
    trainer = {"trainer": {"limit_train_batches": 1, "log_every_n_steps": 5, "x": 2}}
    after = {"trainer": {"limit_train_batches": 1.0, "log_every_n_steps": 5.0, "x": 2.0}}
    assert changes(trainer, after) == {"trainer.limit_train_batches": (1, 1.0)}


def test_what_is_trained_may_not_change_but_how_long_and_where_it_lies_may() -> None:
    def experiment(weights: str, epochs: int) -> dict[str, object]:
        model = {"backbone": {"init_args": {"weights": weights}}}
        return {"trainer": {"max_epochs": epochs}, "model": model, "run": {"name": f"run {epochs}"}}

    before, moved, other = experiment("a/x.pt", 1), experiment("/b/x.pt", 2), experiment("/b/y.pt", 2)
    assert another_experiment(before, moved) == []
    assert changes(before, moved)["model.backbone.weights"] == ("a/x.pt", "/b/x.pt")
    assert another_experiment(before, other) == ["model.backbone.weights"]

import json
from pathlib import Path

import pytest

from segcli.comparison.load import load_runs, shown
from segcli.config.errors import ConfigError
from tests.run_folders import write_run


def test_whole_runs_are_read_and_others_left_out_with_the_reason(tmp_path: Path) -> None:
    write_run(tmp_path / "a" / "1")
    write_run(tmp_path / "a" / "2", status="running")
    (write_run(tmp_path / "b" / "1") / "timing.csv").unlink()
    passport = write_run(tmp_path / "b" / "2") / "passport.json"
    passport.write_text(json.dumps({**json.loads(passport.read_text()), "data": None}))

    runs, left_out = load_runs([tmp_path / "a", tmp_path / "b"])

    assert [run.name for run in runs] == ["a/1"]
    assert [(path.name, reason) for path, reason in left_out] == [
        ("2", "did not finish (running, or killed)"),
        ("1", "has no timing.csv"),
        ("2", "its passport does not say what data it was trained on"),
    ]


def test_a_run_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write_run(tmp_path / "a" / "1")
    assert len(load_runs([path, tmp_path])[0]) == 1


def test_places_that_hold_no_run_are_mistakes(tmp_path: Path) -> None:
    write_run(tmp_path / "camvid" / "1")
    (tmp_path / "empty").mkdir()
    places = [tmp_path / "camvit", tmp_path / "empty", tmp_path / "camvid" / "1" / "config.yaml"]

    with pytest.raises(ConfigError) as caught:
        load_runs(places)

    messages = [problem.message for problem in caught.value.problems]
    assert messages[0] == f"no folder {places[0]} (did you mean '{tmp_path / 'camvid'}'?)"
    assert "empty holds no run" in messages[1]
    assert "config.yaml is a file; name the folder of a run" in messages[2]


def test_paths_below_the_working_directory_are_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(Path.cwd() / "runs" / "1") == "runs/1"
    assert shown(Path("/elsewhere/1")) == "/elsewhere/1"

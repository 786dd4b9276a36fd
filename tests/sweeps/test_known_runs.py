import json
import os
from pathlib import Path

from segcli.runs.identity import config_hash
from segcli.sweeps.known_runs import KnownRuns, differing_keys
from tests.run_folders import write_run


def _hash(path: Path) -> str:
    return str(json.loads((path / "passport.json").read_text())["config_hash"])


def test_runs_are_found_by_what_they_train(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / str(n), seed, status=status) for n, seed, status in RUNS]
    (tmp_path / "sweep").mkdir()
    (tmp_path / "9").mkdir()  # begun by another process this moment
    known = KnownRuns(tmp_path)
    finished = known.finished(_hash(runs[0]))
    assert finished is not None
    assert finished.path.name == "10"  # the newest, by number
    assert known.finished(_hash(runs[2])) is None
    assert [run.path.name for run in known.unfinished(_hash(runs[2]))] == ["4", "3"]
    assert known.finished("0" * 16) is None


RUNS = ((1, 0, "finished"), (2, 1, "finished"), (3, 2, "interrupted"), (4, 2, "running"), (10, 0, "finished"))


def test_a_run_that_changes_is_read_again(tmp_path: Path) -> None:
    one, two = write_run(tmp_path / "1", seed=0), write_run(tmp_path / "other", seed=1)
    known = KnownRuns(tmp_path)
    assert known.finished(_hash(two)) is None
    (one / "config.yaml").write_text((two / "config.yaml").read_text())
    os.utime(one / "config.yaml", (1, 1))
    assert known.finished(_hash(two)) is not None
    (one / "config.yaml").write_text("[damaged")
    os.utime(one / "config.yaml", (2, 2))
    assert known.finished(_hash(two)) is None


def test_the_run_of_a_command_is_one_whose_passport_is_new(tmp_path: Path) -> None:
    known = KnownRuns(tmp_path)
    write_run(tmp_path / "1")
    before, words = known.marks(), ["fit", "-c", "shapes.yaml"]
    assert known.begun(words, before) is None
    write_run(tmp_path / "2")
    assert known.begun(["fit", "-c", "other.yaml"], before) is None
    begun = known.begun(words, before)
    assert begun is not None
    assert begun.path.name == "2"


def test_a_run_that_goes_on_is_known_by_its_last_command(tmp_path: Path) -> None:
    path = write_run(tmp_path / "1") / "passport.json"
    known = KnownRuns(tmp_path)
    before, words = known.marks(), ["fit", "--ckpt_path", "last.ckpt"]
    passport = json.loads(path.read_text())
    path.write_text(json.dumps({**passport, "continued": [{"command": ["segcli", *words]}]}))
    os.utime(path, (1, 1))
    begun = known.begun(words, before)
    assert begun is not None
    assert known.begun(["fit", "-c", "shapes.yaml"], before) is None


def test_what_differs_is_named(tmp_path: Path) -> None:
    run = write_run(tmp_path / "1", seed=3)
    known = KnownRuns(tmp_path).finished(_hash(run))
    assert known is not None
    assert differing_keys(known, {"seed_everything": 3, "trainer.max_epochs": 5})[:1] == ["trainer.max_epochs"]
    assert config_hash({}) != _hash(run)

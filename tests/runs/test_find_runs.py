import shutil
from pathlib import Path

from segcli.runs.find_runs import find_runs
from tests.run_folders import write_run


def test_runs_are_found_in_order_and_once(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        write_run(tmp_path / "runs" / "a" / str(number))
    write_run(tmp_path / "runs" / "b" / "1")
    shutil.copytree(tmp_path / "runs/b/1", tmp_path / "runs/b/1/validate/1")  # a measurement of that run
    (tmp_path / "runs" / "empty").mkdir()
    found = find_runs([tmp_path / "runs", tmp_path / "runs" / "a" / "2"])
    assert [str(path.relative_to(tmp_path / "runs")) for path in found] == ["a/1", "a/2", "a/10", "b/1"]
    assert find_runs([tmp_path / "runs" / "empty", tmp_path / "missing"]) == []

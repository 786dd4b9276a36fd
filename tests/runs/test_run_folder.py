import os
from pathlib import Path

import pytest

from segcli.disk import write_text
from segcli.runs.run_folder import FOLDER_VARIABLE, RunFolder, RunFolderError


def test_numbers_go_up_from_the_highest(tmp_path: Path) -> None:
    (tmp_path / "exp" / "7").mkdir(parents=True)
    (tmp_path / "exp" / "notes").mkdir()
    assert RunFolder.create(tmp_path / "exp").path == tmp_path / "exp" / "8"
    assert RunFolder.create(tmp_path / "exp").path == tmp_path / "exp" / "9"


def test_a_number_taken_in_between_is_not_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.rename

    def race(self: Path, target: Path) -> Path:
        if target.name == "1":
            (target / "of another run").mkdir(parents=True)
        return real(self, target)

    monkeypatch.setattr(Path, "rename", race)
    assert RunFolder.create(tmp_path / "exp").path.name == "2"


def test_a_folder_appears_with_its_records_or_not_at_all(tmp_path: Path) -> None:
    run = RunFolder.reserve(tmp_path / "runs" / "exp")
    assert list(tmp_path.iterdir()) == []
    with run.appearing():
        assert [path for path in run.path.parent.iterdir() if path.name.isdecimal()] == []
        write_text(run.config, "{}")
    assert run.path == tmp_path / "runs" / "exp" / "1"
    assert not RunFolder(run.path).acquire()  # locked
    with pytest.raises(KeyError), RunFolder.reserve(tmp_path / "runs" / "exp").appearing():
        raise KeyError
    assert [path.name for path in run.path.parent.iterdir()] == ["1"]
    with pytest.raises(RunFolderError, match="No space left"), RunFolder.reserve(tmp_path / "new").appearing():
        raise OSError(28, "No space left on device")
    assert not (tmp_path / "new").exists()


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    stale, young, held = (tmp_path / f".starting.{name}" for name in ("stale", "young", "held"))
    for path in (stale, young, held):
        path.mkdir()
    os.utime(stale, (1, 1))
    os.utime(held, (1, 1))
    assert RunFolder(held).acquire()
    RunFolder.create(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".starting.held", ".starting.young", "1"]


def test_a_file_in_the_way_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "exp").write_text("")
    with pytest.raises(RunFolderError, match=r"cannot make a run folder in .*exp.*--run.root"):
        RunFolder.create(tmp_path / "exp")


def test_only_the_first_process_makes_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = RunFolder.create(tmp_path / "exp")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert RunFolder.create(tmp_path / "exp").path == made.path.resolve()
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert RunFolder.create(tmp_path / "exp").path == tmp_path / "exp"
    assert [path.name for path in (tmp_path / "exp").iterdir()] == ["1"]


def test_the_folder_of_a_checkpoint_is_found_unless_it_was_moved(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "exp")
    checkpoint = run.checkpoints / "best.ckpt"
    write_text(checkpoint, "")
    assert RunFolder.of_checkpoint(checkpoint) is None
    write_text(run.config, "{}")
    found = RunFolder.of_checkpoint(checkpoint)
    assert found is not None
    assert found.path.resolve() == run.path.resolve()
    moved = tmp_path / "best.ckpt"
    moved.write_text("")
    assert RunFolder.of_checkpoint(moved) is None


def test_discarding_leaves_other_runs(tmp_path: Path) -> None:
    first, second = RunFolder.create(tmp_path / "runs" / "a"), RunFolder.create(tmp_path / "runs" / "a")
    second.discard()
    assert first.path.is_dir()
    assert first.discard()
    assert [path.name for path in tmp_path.rglob("*")] == []
    assert FOLDER_VARIABLE not in os.environ


def test_discarding_keeps_results_and_folders_that_were_there_before(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    empty, used = RunFolder.create(tmp_path / "mine"), RunFolder.create(tmp_path / "mine" / "a")
    write_text(used.path / "predictions" / "x.png", "")
    assert not used.discard()
    assert used.path.is_dir()
    write_text(empty.config, "{}")
    assert empty.discard()
    assert (tmp_path / "mine").is_dir()

import errno
from pathlib import Path
from types import SimpleNamespace

import pytest

from segcli.config.compose import compose
from segcli.config.errors import ConfigError
from segcli.experiment.arguments import RunArguments
from segcli.experiment.records import RunRecords
from segcli.runs.run_folder import COMPOSED, CONFIG, RunFolder
from segcli.runs.surroundings import file_hash

CONFIG_OF_RUN = {"defaults": "none", "seed_everything": 0, "model": {"decoder": "FPN"}}


class _Passport:
    """As far as records ask for it."""

    def __init__(self, status: str, fault: OSError | None = None) -> None:
        self.status, self.entries, self.told = status, dict[str, object](), list[str]()
        self._fault = fault

    def get(self, key: str) -> object:
        return self.entries.get(key)

    def add(self, **entries: object) -> None:
        self.entries |= entries

    def update(self, status: str) -> None:
        if self._fault is not None:
            raise self._fault
        self.told.append(status)

    def reopen(self) -> None:
        self.told.append("reopened")

    def restore(self) -> None:
        self.told.append("restored")


def records(tmp_path: Path, passport: _Passport, resumed: bool = False) -> RunRecords:
    folder = RunFolder.reserve(tmp_path / "runs" / "a")
    folder.path.mkdir(parents=True)
    job = SimpleNamespace(
        folder=folder,
        resumed=SimpleNamespace() if resumed else None,
        arguments=RunArguments("fit", overrides=["--trainer.max_epochs", "3"]),
        experiment=compose([], ["--data", "ShapesDataModule"]),
    )
    return RunRecords(job, dict(CONFIG_OF_RUN), passport)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", ["finished", "interrupted", "failed"])
def test_how_a_run_ended_is_recorded(tmp_path: Path, status: str) -> None:
    passport = _Passport("running")
    records(tmp_path, passport).close(status)
    assert passport.told == [status]


def test_a_run_that_failed_before_its_first_batch_is_taken_back(tmp_path: Path) -> None:
    passport = _Passport("starting")
    kept = records(tmp_path, passport)
    kept.close("failed")
    assert not kept.job.folder.path.exists()
    assert passport.told == []


def test_a_resumed_run_that_failed_so_has_its_experiment_as_before(tmp_path: Path) -> None:
    passport = _Passport("starting")
    kept = records(tmp_path, passport, resumed=True)
    files = [kept.job.folder.path / name for name in (CONFIG, COMPOSED)]
    for file in files:
        file.write_text("before")
    kept.reopen({"trainer.max_epochs": (2, 3)})
    assert "decoder: FPN" in files[0].read_text()
    assert passport.entries["overrides"] == ["--trainer.max_epochs", "3"]
    kept.close("failed")
    assert [file.read_text() for file in files] == ["before", "before"]
    assert passport.told == ["reopened", "restored"]


def test_what_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    kept = records(tmp_path, _Passport("starting"), resumed=True)
    kept.job.folder.config.write_text("before")
    kept.reopen({})
    assert kept.job.folder.config.read_text() == "before"


def test_a_full_disk_is_an_error_of_a_run_that_finished(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "passport.json")
    kept = records(tmp_path, _Passport("running", full))
    with pytest.raises(ConfigError, match=r"cannot write passport\.json: No space left on device; make room"):
        kept.close("finished")
    kept.close("interrupted")
    assert capsys.readouterr().err == "cannot write passport.json: No space left on device\n"
    kept.close("failed")
    assert capsys.readouterr().err == ""


def test_checkpoints_are_hashed_by_their_names(tmp_path: Path) -> None:
    passport = _Passport("running")
    kept = records(tmp_path, passport)
    kept.job.folder.checkpoints.mkdir()
    (kept.job.folder.checkpoints / "best.ckpt").write_bytes(b"weights")
    kept.add_checkpoints()
    digest = file_hash(kept.job.folder.checkpoints / "best.ckpt")
    assert passport.entries["checkpoints"] == {"best.ckpt": digest}

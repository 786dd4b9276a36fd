import csv
import json
import shutil
from pathlib import Path

import pytest
import torch
import yaml

from segcli.cli.main import main
from segcli.runs.run_folder import RunFolder

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def copied(trained: Path, tiny: Path) -> Path:
    """A finished run in the working directory, which tests may change."""
    shutil.copytree(trained, Path("runs/tiny/1"))
    return Path("runs/tiny/1")


def _mark(run: Path, status: str, **entries: object) -> None:
    file = run / "passport.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"status": status} | entries))


def test_a_finished_run_trains_longer_in_its_folder(copied: Path, capsys: Capture) -> None:
    before = (copied / "metrics.csv").read_text().splitlines()
    assert main(["fit", "--ckpt_path", str(copied / "checkpoints" / "last.ckpt"), "--trainer.max_epochs", "3"]) == 0
    assert "epoch 3/3" in capsys.readouterr().out
    assert [path.name for path in copied.parent.iterdir()] == ["1"]
    assert (copied / "metrics.csv").read_text().splitlines()[: len(before)] == before
    passport = json.loads((copied / "passport.json").read_text())
    assert passport["status"] == "finished"
    assert passport["command"] == ["segcli", "fit", "-c", "tiny.yaml"]
    entry = passport["continued"][0]
    assert (entry["epoch"], entry["global_step"], entry["found"]["status"]) == (2, 6, "finished")
    assert entry["changed"] == {"trainer.max_epochs": [2, 3]}
    assert yaml.safe_load((copied / "config.yaml").read_text())["trainer"]["max_epochs"] == 3
    assert not list((copied / "checkpoints").glob("*-v*"))


def test_a_finished_run_has_nothing_to_resume_with(copied: Path, capsys: Capture) -> None:
    before = {path: path.read_bytes() for path in copied.rglob("*") if path.is_file()}
    assert main(["fit", "--ckpt_path", str(copied / "checkpoints" / "last.ckpt")]) == 2
    assert "runs/tiny/1 is finished; to train on, raise trainer.max_epochs" in capsys.readouterr().err
    assert main(["fit", "-c", "tiny.yaml", "--ckpt_path", "last"]) == 2
    assert "no interrupted run in runs/tiny" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in copied.rglob("*") if path.is_file()} == before


def test_last_needs_the_experiment(copied: Path, capsys: Capture) -> None:
    assert main(["fit", "--ckpt_path", "last"]) == 2
    assert "needs the experiment whose run is to be resumed: -c FILE" in capsys.readouterr().err


def test_another_experiment_is_not_resumed_in_the_folder(copied: Path, capsys: Capture) -> None:
    _mark(copied, "running")
    words = ["--model.optimizer.lr", "0.5", "--trainer.max_epochs", "3"]
    assert main(["fit", "-c", "tiny.yaml", "--ckpt_path", "last", *words]) == 2
    err = capsys.readouterr().err
    assert "runs/tiny/1 was begun with another experiment" in err
    assert "model.optimizer.lr: 0.001 → 0.5" in err
    assert "max_epochs" not in err
    assert "--ckpt_path runs/tiny/1/checkpoints/last.ckpt" in err
    assert json.loads((copied / "passport.json").read_text())["status"] == "running"


def test_an_earlier_checkpoint_does_not_overwrite_a_later_one(copied: Path, capsys: Capture) -> None:
    best = copied / "checkpoints" / "best.ckpt"
    content = torch.load(best, weights_only=True)
    torch.save(content | {"global_step": 3}, best)
    assert main(["fit", "--ckpt_path", str(best), "--trainer.max_epochs", "3"]) == 2
    err = capsys.readouterr().err
    assert "is from step 3, last.ckpt beside it from step 6" in err
    assert "--run.name NAME" in err


def test_a_run_at_work_is_left_alone(copied: Path, capsys: Capture) -> None:
    _mark(copied, "running")
    at_work = RunFolder(copied)
    assert at_work.acquire()
    try:
        assert main(["fit", "-c", "tiny.yaml", "--ckpt_path", "last"]) == 2
        assert "no interrupted run in runs/tiny; runs/tiny/1 is at work" in capsys.readouterr().err
        assert main(["fit", "--ckpt_path", str(copied / "checkpoints" / "last.ckpt")]) == 2
        assert "another process is at work on this run" in capsys.readouterr().err
    finally:
        at_work.release()


def test_a_run_that_was_moved_goes_on_where_it_is(copied: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "7"
    moved.parent.mkdir()
    copied.rename(moved)
    assert main(["fit", "--ckpt_path", str(moved / "checkpoints" / "last.ckpt"), "--trainer.max_epochs", "3"]) == 0
    assert {path.name for path in (moved / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}
    best = torch.load(moved / "checkpoints" / "last.ckpt", weights_only=True)["callbacks"]
    paths = [state["best_model_path"] for key, state in best.items() if key.startswith("ModelCheckpoint")]
    assert [Path(path).resolve() for path in paths] == [(moved / "checkpoints" / "best.ckpt").resolve()]


def test_a_mistake_on_the_way_leaves_the_run_as_it_was(copied: Path, capsys: Capture) -> None:
    _mark(copied, "interrupted")
    names = sorted(str(path) for path in copied.rglob("*"))
    last = str(copied / "checkpoints" / "last.ckpt")
    assert main(["fit", "--ckpt_path", last, "--trainer.accelerator", "warp"]) == 2
    assert "warp" in capsys.readouterr().err
    assert sorted(str(path) for path in copied.rglob("*")) == names
    assert main(["fit", "--ckpt_path", last, "--trainer.max_epochs", "3"]) == 0


def test_a_damaged_checkpoint_is_named(copied: Path, capsys: Capture) -> None:
    _mark(copied, "interrupted")
    (copied / "checkpoints" / "last.ckpt").write_bytes(b"half")
    assert main(["fit", "-c", "tiny.yaml", "--ckpt_path", "last"]) == 2
    assert "cannot read checkpoint runs/tiny/1/checkpoints/last.ckpt" in capsys.readouterr().err


@pytest.mark.parametrize("content", [[1], {"state_dict": {}}, None])
def test_what_is_no_state_of_a_training_is_refused(copied: Path, capsys: Capture, content: object) -> None:
    _mark(copied, "interrupted")
    last = copied / "checkpoints" / "last.ckpt"
    torch.save(content, last) if content else last.write_bytes(b"")
    assert main(["fit", "--ckpt_path", str(last), "--trainer.max_epochs", "3"]) == 2
    err = capsys.readouterr().err
    assert ("does not hold the state of a training" if content else "cannot read checkpoint") in err
    assert "Traceback" not in err


def test_fewer_epochs_than_were_trained_are_refused(copied: Path, capsys: Capture) -> None:
    _mark(copied, "interrupted")
    last = str(copied / "checkpoints" / "last.ckpt")
    assert main(["fit", "--ckpt_path", last, "--trainer.max_epochs", "1"]) == 2
    assert "trainer.max_epochs got 1, runs/tiny/1 has trained 2 epochs already" in capsys.readouterr().err


def test_a_new_run_from_a_state_trains_with_its_own_settings(copied: Path, capsys: Capture) -> None:
    last = str(copied / "checkpoints" / "last.ckpt")
    words = ["--run.name", "lower", "--model.optimizer.lr", "1e-7", "--model.optimizer.weight_decay", "0.5"]
    assert (
        main(["fit", "--ckpt_path", last, "--trainer.max_epochs", "4", "--trainer.log_every_n_steps", "1", *words]) == 0
    )
    assert f"beginning a new run from the state in {last}" in capsys.readouterr().err
    state = torch.load("runs/lower/1/checkpoints/last.ckpt", weights_only=True)
    group = state["optimizer_states"][0]["param_groups"][0]
    assert (group["initial_lr"], group["weight_decay"]) == (1e-7, 0.5)
    assert state["lr_schedulers"][0]["base_lrs"] == [1e-7]
    with Path("runs/lower/1/metrics.csv").open() as file:
        rates = [float(row["lr"]) for row in csv.DictReader(file) if row["lr"]]
    assert len(rates) == 6
    assert max(rates) < 1e-7


def test_a_folder_that_cannot_be_written_is_one_error(
    copied: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("segcli.runs.run_folder.write_text", read_only)
    assert main(["fit", "--ckpt_path", str(copied / "checkpoints" / "last.ckpt"), "--trainer.max_epochs", "3"]) == 2
    assert "cannot write to runs/tiny/1: Read-only file system" in capsys.readouterr().err


def test_other_devices_within_an_epoch_are_refused(copied: Path, capsys: Capture) -> None:
    _mark(copied, "interrupted")
    last = copied / "checkpoints" / "last.ckpt"
    content = torch.load(last, weights_only=True)
    content["ShapesDataModule"] = {"epoch": 1, "step": 2, "step_size": 16}
    torch.save(content, last)
    assert main(["fit", "--ckpt_path", str(last), "--trainer.max_epochs", "3"]) == 2
    assert "with 16 images per step over all devices, now there are 8" in capsys.readouterr().err


def test_a_slurm_job_that_was_queued_again_goes_on(
    copied: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["fit", "-c", "tiny.yaml", "--trainer.max_epochs", "3"]
    _mark(copied, "interrupted", slurm_job="7", command=["segcli", *words])
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    monkeypatch.setenv("SLURM_JOB_NAME", "bash")  # Lightning then sees an interactive job, and wants no srun
    assert main(words) == 0
    assert "resuming runs/tiny/1 after step 6" in capsys.readouterr().err
    assert [path.name for path in copied.parent.iterdir()] == ["1"]
    assert main(["fit", "-c", "tiny.yaml", "--trainer.max_epochs", "1"]) == 0  # another command of the same job
    assert sorted(path.name for path in copied.parent.iterdir()) == ["1", "2"]

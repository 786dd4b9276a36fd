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
    assert "epoch 3/3" in capsys.readouterr().err
    assert [path.name for path in copied.parent.iterdir()] == ["1"]
    assert (copied / "metrics.csv").read_text().splitlines()[: len(before)] == before
    passport = json.loads((copied / "passport.json").read_text())
    assert passport["status"] == "finished"
    assert passport["command"] == ["segcli", "fit", "-c", "tiny.yaml"]
    entry = passport["continued"][0]
    assert (entry["global_step"], entry["found"]["status"]) == (6, "finished")
    assert entry["changed"] == {"trainer.max_epochs": [2, 3]}
    assert yaml.safe_load((copied / "config.yaml").read_text())["trainer"]["max_epochs"] == 3
    assert not list((copied / "checkpoints").glob("*-v*"))


def test_a_finished_run_has_nothing_to_go_on_with(copied: Path, capsys: Capture) -> None:
    before = {path: path.read_bytes() for path in copied.rglob("*") if path.is_file()}
    assert main(["fit", "--ckpt_path", str(copied / "checkpoints" / "last.ckpt")]) == 2
    assert "runs/tiny/1 is finished; to train on, raise --trainer.max_epochs" in capsys.readouterr().err
    assert main(["fit", "-c", "tiny.yaml", "--ckpt_path", "last"]) == 2
    assert "no interrupted run in runs/tiny" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in copied.rglob("*") if path.is_file()} == before


def test_last_needs_the_experiment(copied: Path, capsys: Capture) -> None:
    assert main(["fit", "--ckpt_path", "last"]) == 2
    assert "needs the experiment whose run is to go on: -c FILE" in capsys.readouterr().err


def test_another_experiment_does_not_go_on_in_the_folder(copied: Path, capsys: Capture) -> None:
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


def test_a_slurm_job_that_was_queued_again_goes_on(
    copied: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    _mark(copied, "interrupted", slurm_job="7")
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    monkeypatch.setenv("SLURM_JOB_NAME", "bash")  # Lightning then sees an interactive job, and wants no srun
    assert main(["fit", "-c", "tiny.yaml", "--trainer.max_epochs", "3"]) == 0
    assert "going on with runs/tiny/1 after step 6" in capsys.readouterr().err
    assert [path.name for path in copied.parent.iterdir()] == ["1"]

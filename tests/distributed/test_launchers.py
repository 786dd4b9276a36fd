"""Whoever starts the processes: one run, one folder, everything told once."""

import json
import sys
from pathlib import Path

import pytest

from tests.distributed.launch import lightning, on, slurm, torchrun

FIT = ["fit", "-c", "tiny.yaml", "--trainer.max_epochs", "2", "--data.val_size", "7"]


def assert_is_one_run(folder: Path, stdout: str, stderr: str, devices: int = 2) -> None:
    assert [path.name for path in (folder / "runs" / "tiny").iterdir()] == ["1"]
    run = folder / "runs" / "tiny" / "1"
    assert sorted(path.name for path in run.iterdir() if not path.name.startswith("events.")) == [
        *("checkpoints", "composed.yaml", "config.yaml", "hparams.yaml", "metrics.csv", "packages.txt"),
        *("passport.json", "predictions", "schedule.png", "splits.json", "timing.csv"),
        *("val_images.npz", "val_scores.json", "worst"),
    ]
    assert len(list(run.glob("events.*"))) == 1
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["best.ckpt", "last.ckpt"]
    assert sorted(path.name for path in (run / "predictions").iterdir()) == ["epoch_001.png", "epoch_002.png"]
    assert json.loads((run / "passport.json").read_text())["status"] == "finished"
    lines = [line for line in stdout.splitlines() if line.startswith("epoch ")]
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"], stdout
    assert stdout.count("background") == 1
    assert stdout.count("run folder") == 1
    assert stdout.startswith("folder ")
    batches = f"3 batches of {8 // devices} images on each of {devices} devices"
    assert f"on {devices} x cpu, 2 epochs of {batches}" in stdout


def test_lightning_starts_two(folder: Path) -> None:
    done = lightning([*FIT, *on(2), "--data.batch_size", "4"], folder)
    assert_is_one_run(folder, done.stdout, done.stderr)


@pytest.mark.slow
def test_lightning_starts_four_by_the_console_script(folder: Path) -> None:
    script = Path(sys.executable).with_name("segcli")
    done = lightning([*FIT, *on(4), "--data.batch_size", "2"], folder, command=[str(script)])
    assert_is_one_run(folder, done.stdout, done.stderr, devices=4)


@pytest.mark.slow
def test_torchrun_starts_two(folder: Path) -> None:
    done = torchrun([*FIT, *on(2), "--data.batch_size", "4"], folder, devices=2)
    assert_is_one_run(folder, done.stdout, done.stderr)


@pytest.mark.slow
def test_slurm_starts_two(folder: Path) -> None:
    tasks = slurm([*FIT, *on(2), "--data.batch_size", "4"], folder, devices=2)
    assert [task.returncode for task in tasks] == [0, 0]
    assert_is_one_run(folder, *("".join(texts) for texts in zip(*((t.stdout, t.stderr) for t in tasks), strict=True)))

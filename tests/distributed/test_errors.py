"""A mistake is told once, however many processes meet it, and no process waits for one that is gone."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.distributed.launch import SEGCLI, finish, lightning, on, start, tasks_of_slurm, torchrun
from tests.forked import forked_ranks, forked_tasks

NAN_ON_ONE = """
import os
from segcli.losses.cross_entropy_loss import CrossEntropyLoss

class NanOnOne(CrossEntropyLoss):
    def forward(self, logits, mask):
        return super().forward(logits, mask) * (float('nan') if os.environ.get('LOCAL_RANK') == '1' else 1.0)
"""
TYPO = ["fit", "-c", "tiny.yaml", *on(2), "--model.decoder.pyramid_chanels", "3"]


def test_tasks_of_slurm_tell_a_misspelt_key_once(folder: Path) -> None:
    tasks = forked_tasks(TYPO, folder, tasks_of_slurm(devices=2))
    assert [task.returncode for task in tasks] == [2, 2]
    assert [task.stderr.count("error:") for task in tasks] == [1, 0]


def test_ranks_tell_a_misspelt_key_once(folder: Path) -> None:
    ranks = forked_ranks(TYPO, folder, devices=2)
    assert [rank.returncode for rank in ranks] == [2, 2]
    assert [rank.stderr.count("error:") for rank in ranks] == [1, 0]
    assert not (folder / "runs").exists()


@pytest.mark.slow
def test_processes_of_torchrun_tell_a_misspelt_key_once(folder: Path) -> None:
    done = torchrun(TYPO, folder, devices=2)
    assert done.returncode != 0
    assert done.stderr.count("error: model.decoder.pyramid_chanels") == 1
    assert not (folder / "runs").exists()


@pytest.mark.slow
def test_processes_of_lightning_tell_a_mistake_in_the_data_once(folder: Path) -> None:
    transforms = folder / "bad.yaml"
    transforms.write_text("extends: tiny.yaml\ndata: {train_transforms: [ToFloat]}\n")
    done = lightning(["fit", "-c", "bad.yaml", *on(2)], folder)
    assert done.returncode == 2
    assert done.stderr.count("error:") == 1, done.stderr
    assert "remove Normalize, ToFloat" in done.stderr


@pytest.mark.slow
def test_a_loss_that_is_no_number_in_one_process_is_told_without_an_echo(folder: Path) -> None:
    (folder / "broken_loss.py").write_text(NAN_ON_ONE)
    done = lightning(["fit", "-c", "tiny.yaml", *on(2), "--model.loss", "broken_loss.NanOnOne"], folder)
    assert done.returncode == 2
    assert done.stderr.count("the loss is nan at step 0") == 1, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_others_end_when_one_process_dies(folder: Path) -> None:
    words = ["fit", "-c", "tiny.yaml", *on(2), "--data.batch_size", "4", "--trainer.max_epochs", "10000"]
    main = start([*SEGCLI, *words, "--checkpoint.save_last", "false"], folder)
    try:
        while not list(folder.glob("runs/tiny/1/predictions/epoch_001.png")):
            assert main.poll() is None, main.communicate()
            time.sleep(0.2)
        (child,) = Path(f"/proc/{main.pid}/task/{main.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
        assert main.wait(timeout=60) != 0
    finally:
        finish([main])
